"""Attention in parts: to some keys now, to others later, joined exactly.

Attention to a union of keys is the mean of the attentions to its parts, weighted by their sums of exponentials
(Milakov & Gimelshein 2018, arXiv 1805.02867). So what several prompts share is attended to once.

Shape suffixes: n queries, m keys on a grid of r rows and c columns, d channels of a head; "..." any leading
dimensions, over which parts broadcast. Scores are in base 2: exp2 takes half the time of exp on a CPU.
"""

import math
from itertools import product
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

LOG2_E = math.log2(math.e)
_CHANNEL_MULTIPLE = 8
"""Fused kernels want whole 16 bytes of a half-precision head."""


class Part(NamedTuple):
    """Attention to some keys."""

    sums: Tensor
    """(..., n, d): values, summed with weights 2^(score − top)."""
    top: Tensor
    """(..., n, 1): the greatest score."""
    total: Tensor
    """(..., n, 1): the sum of the weights."""


class Bias(NamedTuple):
    """What decomposed relative positions add to scores: that of the key's row and that of its column."""

    rows: Tensor
    """(..., n, r)"""
    columns: Tensor
    """(..., n, c)"""

    def halves(self) -> "tuple[Bias, Bias]":
        """Of the keys in the upper half of the rows, and in the lower."""
        upper, lower = self.rows.chunk(2, dim=-1)
        return Bias(upper, self.columns), Bias(lower, self.columns)


def has_fused_kernels(device: torch.device) -> bool:
    """Whether `attend_fused` is the faster there: on a GPU it never writes scores to memory."""
    return device.type == "cuda"


def attend_fused(q: Tensor, k: Tensor, v: Tensor, bias: Bias) -> Tensor:
    """Attention of q (..., H, n, d) to k and v (..., H, m, d) of H heads, m = r·c, in one kernel; (..., H, n, d).

    The bias is a product too, (rows ⊕ columns of the query) · (one-hot row ⊕ one-hot column of the key), so it rides
    along as r + c more channels, and no kernel needs to know of it.
    """
    rows, columns = bias.rows.shape[-1], bias.columns.shape[-1]
    numbers = torch.arange(rows * columns, device=k.device)
    places = torch.cat([F.one_hot(numbers // columns, rows), F.one_hot(numbers % columns, columns)], dim=-1).to(k.dtype)
    wide_q = torch.cat([q * q.shape[-1] ** -0.5, bias.rows, bias.columns], dim=-1)
    wide_k = torch.cat([k, places.expand(*k.shape[:-1], -1)], dim=-1)
    missing = -wide_q.shape[-1] % _CHANNEL_MULTIPLE
    # Fused kernels take four dimensions only; of more, PyTorch would write out every score.
    queries, keys, values = (
        one.reshape(-1, *one.shape[-3:]) for one in (F.pad(wide_q, (0, missing)), F.pad(wide_k, (0, missing)), v)
    )
    seen = F.scaled_dot_product_attention(queries, keys, values, scale=1.0)
    return seen.reshape(*q.shape[:-1], v.shape[-1])


def attend(q: Tensor, k: Tensor, v: Tensor, bias: Bias) -> Part:
    """Attention of q (..., n, d) to k and v (..., m, d), m = r·c; scores are q·k / √d plus the bias; in float32.

    One matrix of scores at a time, always in the same memory: on two CPU cores this takes 0.7 of the time of
    `scaled_dot_product_attention` with the bias as its mask, which must be written out first.
    """
    q, k, v, bias = q.float(), k.float(), v.float(), Bias(*(part.float() for part in bias))
    lead = torch.broadcast_shapes(q.shape[:-2], k.shape[:-2])
    scaled = q * (LOG2_E * q.shape[-1] ** -0.5)
    q, k, v, rows, columns = (x.expand(*lead, -1, -1) for x in (scaled, k, v, *(LOG2_E * part for part in bias)))
    sums = q.new_empty((*lead, q.shape[-2], v.shape[-1]))
    top, total = (q.new_empty((*lead, q.shape[-2], 1)) for _ in range(2))
    scores = q.new_empty((q.shape[-2], k.shape[-2]))
    for one in product(*map(range, lead)):
        torch.add(rows[one][:, :, None], columns[one][:, None], out=scores.view(-1, rows.shape[-1], columns.shape[-1]))
        torch.addmm(scores, q[one], k[one].T, out=scores)
        torch.amax(scores, dim=-1, keepdim=True, out=top[one])
        torch.sum(scores.sub_(top[one]).exp2_(), dim=-1, keepdim=True, out=total[one])
        torch.mm(scores, v[one], out=sums[one])
    return Part(sums, top, total)


def join(one: Part, other: Part) -> Tensor:
    """Attention to the keys of both parts together, (..., n, d)."""
    top = torch.maximum(one.top, other.top)
    first, second = (torch.exp2(part.top - top) for part in (one, other))
    return (one.sums * first + other.sums * second) / (one.total * first + other.total * second)
