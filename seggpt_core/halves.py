"""A transformer block over halves of canvases: every prompt's, and the query's, which all canvases share.

Shape suffixes: S streams computed together; K prompts; h, w rows and columns of tokens of a half, n = h·w;
D channels of a token; H heads of d channels.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from seggpt_core.attention import Bias, attend, attend_fused, has_fused_kernels, join
from seggpt_core.layers import Attention, Block, relative_table


class Halves(NamedTuple):
    """A stream between two blocks: the half of every prompt, and the query's, which all canvases share."""

    prompts: Tensor
    """(S, K, n, D)"""
    query: Tensor
    """(S, n, D)"""


def step(block: Block, halves: Halves, grid: tuple[int, int]) -> Halves:
    """One block over every prompt's half and the shared query's half."""
    attn = block.attn
    prompts, query = (_heads(attn, block.norm1(half)) for half in halves)
    seen = _attend_canvas(attn, prompts.q, prompts, query, grid, first_row=0)
    averaged = _attend_prompts(attn, prompts, query, grid)
    return Halves(_finish(block, halves.prompts, seen), _finish(block, halves.query, averaged))


def last_step(block: Block, halves: Halves, grid: tuple[int, int]) -> Halves:
    """As `step`, but of the prompts' halves only canvas 0's last row, (S, 1, w, D)."""
    attn = block.attn
    prompts, query = (_heads(attn, block.norm1(half)) for half in halves)
    canvas = _Heads(*(part[:, :1] for part in prompts))
    seen = _attend_canvas(attn, canvas.q[..., -grid[1] :, :], canvas, query, grid, first_row=grid[0] - 1)
    averaged = _attend_prompts(attn, prompts, query, grid)
    return Halves(_finish(block, halves.prompts[:, :1, -grid[1] :], seen), _finish(block, halves.query, averaged))


class _Heads(NamedTuple):
    """Queries, keys and values, (..., H, n, d) each."""

    q: Tensor
    k: Tensor
    v: Tensor


def _heads(attn: Attention, x: Tensor) -> _Heads:
    """x: (..., n, D)."""
    return _Heads(*attn.qkv(x).unflatten(-1, (3, attn.heads, -1)).movedim(-3, 0).transpose(-3, -2))


def _bias(attn: Attention, q: Tensor, grid: tuple[int, int], first_row: int) -> Bias:
    """Against the keys of a canvas of 2h rows. q: (..., n, d), whole rows of the canvas from `first_row` on."""
    q = q.unflatten(-2, (-1, grid[1]))
    table = relative_table(attn.rel_pos_h, 2 * grid[0])[first_row : first_row + q.shape[-3]]
    rows = torch.einsum("...rwc,rkc->...rwk", q, table).flatten(-3, -2)
    columns = torch.einsum("...rwc,wkc->...rwk", q, relative_table(attn.rel_pos_w, grid[1])).flatten(-3, -2)
    return Bias(rows, columns)


def _attend_canvas(
    attn: Attention, q: Tensor, prompts: _Heads, query: _Heads, grid: tuple[int, int], first_row: int
) -> Tensor:
    """Queries (S, K, H, m, d), whole rows from `first_row` on, see their canvas: their prompt and the query's half."""
    bias, shared = _bias(attn, q, grid, first_row), (query.k[:, None], query.v[:, None])
    if has_fused_kernels(q.device):
        k, v = (
            torch.cat([own, other.expand_as(own)], dim=-2)
            for own, other in zip((prompts.k, prompts.v), shared, strict=True)
        )
        return attend_fused(q, k, v, bias)
    upper, lower = bias.halves()
    return join(attend(q, prompts.k, prompts.v, upper), attend(q, *shared, lower))


def _attend_prompts(attn: Attention, prompts: _Heads, query: _Heads, grid: tuple[int, int]) -> Tensor:
    """The query's half sees itself and each prompt, and the mean over prompts is taken, (S, H, n, d).

    The output projection is affine, so the mean may be taken before it.
    """
    if has_fused_kernels(query.q.device):
        # A fused kernel does not tell its sums of exponentials, so that nothing can be joined to it: the query's half
        # attends to itself once a prompt, 7 % more arithmetic in all at 9 prompts.
        q = query.q[:, None].expand_as(prompts.q)
        return _attend_canvas(attn, q, prompts, query, grid, first_row=grid[0]).mean(dim=1)
    upper, lower = _bias(attn, query.q, grid, first_row=grid[0]).halves()
    own = attend(query.q, query.k, query.v, lower)
    total = torch.zeros_like(own.sums)
    count = prompts.k.shape[1]
    for one in range(count):
        total += join(own, attend(query.q, prompts.k[:, one], prompts.v[:, one], upper))
    return total / count


def _finish(block: Block, x: Tensor, attended: Tensor) -> Tensor:
    """What follows attention: x (..., n, D), attended (..., H, n, d)."""
    x = x + block.attn.proj(attended.transpose(-3, -2).flatten(-2))
    return x + block.mlp(block.norm2(x))


Step = Callable[[Block, Halves, tuple[int, int]], Halves]


class Steps(NamedTuple):
    """What takes halves through a block, and through the last one that is read; compiled ones may stand in."""

    block: Step
    last: Step


PLAIN = Steps(step, last_step)


def compiled_steps() -> Steps:
    """`PLAIN` through `torch.compile`, once for blocks of all weights and all numbers of prompts."""
    return Steps(*(torch.compile(one, dynamic=True) for one in PLAIN))
