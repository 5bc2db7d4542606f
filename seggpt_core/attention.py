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
from torch import Tensor

LOG2_E = math.log2(math.e)


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


def attend(q: Tensor, k: Tensor, v: Tensor, bias: Bias) -> Part:
    """Attention of q (..., n, d) to k and v (..., m, d), m = r·c; scores are q·k / √d plus the bias.

    One matrix of scores at a time, always in the same memory: on two CPU cores this takes 0.7 of the time of
    `scaled_dot_product_attention` with the bias as its mask, which must be written out first.
    """
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
