"""Transformer blocks whose prompts can be kept: prompt tokens attend inside their own frame only, so
their keys and values never depend on the query or on other prompts.

Shape suffixes: B batch, n tokens of a frame, m prompt tokens, D width, h heads, d head channels.
"""

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

KeysValues = tuple[Tensor, Tensor]
"""Keys and values of one block, each (B, h, m, d); keys are normalised and rotated."""

_ROTARY_BASE = 30.0


def thinned(kept: KeysValues, grid: tuple[int, int]) -> KeysValues:
    """Every second row and column of a frame's keys and values, (B, h, m, d) with m rows · columns of `grid`.

    Neighbouring tokens of a prompt say nearly the same. With the compact model's first weights, whole prompts
    scored 0.7823 J&F on eight DAVIS-2016 sequences and thinned ones 0.7833, for a quarter of the attention.
    """
    keys, values = (part.unflatten(2, grid)[:, :, ::2, ::2].flatten(2, 3) for part in kept)
    return keys, values


def rotary_table(grid: tuple[int, int], head_width: int, device: torch.device) -> Tensor:
    """2-D rotary angles as unit complex numbers, (rows · columns, head_width / 2).

    Half of the pairs turn with the row, half with the column (RoFormer, arXiv 2104.09864, on two axes).
    """
    pairs = head_width // 4
    exponents = torch.arange(pairs, device=device, dtype=torch.float32) / max(pairs - 1, 1)
    frequencies = _ROTARY_BASE**-exponents
    rows = torch.arange(grid[0], device=device, dtype=torch.float32)[:, None] * frequencies
    columns = torch.arange(grid[1], device=device, dtype=torch.float32)[:, None] * frequencies
    angles = torch.cat([rows[:, None].expand(-1, grid[1], -1), columns[None].expand(grid[0], -1, -1)], dim=-1).flatten(
        0, 1
    )
    return torch.polar(torch.ones_like(angles), angles)


def rotate(x: Tensor, table: Tensor) -> Tensor:
    """Turn the first half of the heads of x (B, h, n, d) by `table`; the rest carry no positions."""
    turned, still = x.chunk(2, dim=1)
    pairs = torch.view_as_complex(turned.float().unflatten(-1, (-1, 2)).contiguous())
    return torch.cat([torch.view_as_real(pairs * table).flatten(-2).to(x.dtype), still], dim=1)


class Attention(nn.Module):
    """Attention with normalised queries and keys over a frame's own tokens and, if given, prompts."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.query_norm = nn.RMSNorm(width // heads, eps=1e-6)
        self.key_norm = nn.RMSNorm(width // heads, eps=1e-6)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, table: Tensor, prompts: KeysValues | None) -> tuple[Tensor, KeysValues]:
        """x: (B, n, D). Returns the attended tokens and this frame's own keys and values."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        q = rotate(self.query_norm(q), table)
        k = rotate(self.key_norm(k), table)
        own = (k, v)
        if prompts is not None:
            k, v = torch.cat([k, prompts[0]], dim=2), torch.cat([v, prompts[1]], dim=2)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.out(y.transpose(1, 2).flatten(2)), own

    def keys_values(self, x: Tensor, table: Tensor) -> KeysValues:
        """What `forward` returns of x (B, n, D) besides the attended tokens."""
        width = x.shape[-1]
        k, v = (
            F.linear(x, self.qkv.weight[width:], self.qkv.bias[width:])
            .unflatten(-1, (2, self.heads, -1))
            .permute(2, 0, 3, 1, 4)
        )
        return rotate(self.key_norm(k), table), v


class Block(nn.Module):
    """Pre-norm attention and MLP."""

    def __init__(self, width: int, heads: int, mlp_ratio: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, mlp_ratio * width), nn.GELU(), nn.Linear(mlp_ratio * width, width))

    def forward(self, x: Tensor, table: Tensor, prompts: KeysValues | None) -> tuple[Tensor, KeysValues]:
        """x: (B, n, D). Returns the tokens and this frame's keys and values."""
        attended, own = self.attention(self.norm1(x), table, prompts)
        x = x + attended
        return x + self.mlp(self.norm2(x)), own


class Blocks(nn.Module):
    """A stack of blocks over the tokens of one frame."""

    def __init__(self, width: int, heads: int, mlp_ratio: int, depth: int) -> None:
        super().__init__()
        self.head_width = width // heads
        self.layers = nn.ModuleList(Block(width, heads, mlp_ratio) for _ in range(depth))

    def forward(self, x: Tensor, grid: tuple[int, int], prompts: Sequence[KeysValues]) -> Tensor:
        """A query's tokens: x (B, n, D) of a `grid` of rows and columns; prompts: one entry a block."""
        table = rotary_table(grid, self.head_width, x.device)
        for layer, kept in zip(self.layers, prompts, strict=True):
            x, _ = layer(x, table, kept)
        return x

    def remember(self, x: Tensor, grid: tuple[int, int]) -> tuple[KeysValues, ...]:
        """Each block's keys and values of a prompt frame, which sees itself alone; x as in `forward`.

        Nobody reads the last block's tokens, so they are not computed.
        """
        table = rotary_table(grid, self.head_width, x.device)
        kept: list[KeysValues] = []
        *first, last = (cast(Block, layer) for layer in self.layers)
        for layer in first:
            x, own = layer(x, table, None)
            kept.append(own)
        return *kept, last.attention.keys_values(last.norm1(x), table)
