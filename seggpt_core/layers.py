"""What SegGPT as published is made of: patch embedding, attention with relative positions, block, decoder.

The transformer is the ViTDet one (Li et al. 2022, arXiv 2203.16527) with global attention in every block;
the feature ensemble over prompts is SegGPT's own (Wang et al. 2023, arXiv 2304.03284). Attributes carry the
names of the official checkpoint's parameters.

Shape suffixes: B batch; K prompts of one query; h, w rows and columns of tokens; D channels of a token.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NORM_EPS = 1e-6


class PatchEmbed(nn.Module):
    """Pixels to tokens."""

    def __init__(self, patch: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch, stride=patch)

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, h, w, D)."""
        return self.proj(pixels).permute(0, 2, 3, 1)


class Attention(nn.Module):
    """Global attention inside a canvas, with decomposed relative positions (arXiv 2112.01526, section 4.1)."""

    def __init__(self, dim: int, heads: int, grid: tuple[int, int]) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.rel_pos_h = nn.Parameter(torch.zeros(2 * grid[0] - 1, dim // heads))
        self.rel_pos_w = nn.Parameter(torch.zeros(2 * grid[1] - 1, dim // heads))

    def forward(self, x: Tensor) -> Tensor:
        """(B, h, w, D) to the same."""
        grid = (x.shape[1], x.shape[2])
        q, k, v = self.qkv(x).flatten(1, 2).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=self.position_bias(q, grid))
        return self.proj(y.transpose(1, 2).flatten(2)).unflatten(1, grid)

    def position_bias(self, q: Tensor, grid: tuple[int, int]) -> Tensor:
        """What relative positions add to the scaled products of queries and keys, (B, heads, h·w, h·w).

        q: (B, heads, h·w, D / heads), not scaled.
        """
        q = q.unflatten(2, grid)
        rows = torch.einsum("bnhwc,hkc->bnhwk", q, relative_table(self.rel_pos_h, grid[0]))
        columns = torch.einsum("bnhwc,wkc->bnhwk", q, relative_table(self.rel_pos_w, grid[1]))
        return (rows[..., :, None] + columns[..., None, :]).flatten(4).flatten(2, 3)


def relative_table(table: Tensor, size: int) -> Tensor:
    """Entries by offset, (L, C), to (size, size, C): the entry for query i and key j is i − j + size − 1.

    A table made for another size is resized linearly to the 2·size − 1 offsets first, as the official
    `get_rel_pos` (util/vitdet_utils.py) does.
    """
    offsets = 2 * size - 1
    if len(table) != offsets:
        table = F.interpolate(table.T[None], size=offsets, mode="linear", align_corners=False)[0].T
    positions = torch.arange(size, device=table.device)
    return table[positions[:, None] - positions + size - 1]


class MLP(nn.Module):
    """Two layers with an exact GELU between them."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(..., D) to the same."""
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """Pre-norm attention and MLP over the canvases of a query, one canvas a prompt."""

    def __init__(self, dim: int, heads: int, mlp_ratio: int, grid: tuple[int, int]) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=NORM_EPS)
        self.attn = Attention(dim, heads, grid)
        self.norm2 = nn.LayerNorm(dim, eps=NORM_EPS)
        self.mlp = MLP(dim, mlp_ratio * dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, K, h, w, D) to the same."""
        attended = self.attn(self.norm1(x).flatten(0, 1)).unflatten(0, x.shape[:2])
        x = x + ensemble(attended)
        return x + self.mlp(self.norm2(x))


def ensemble(attended: Tensor) -> Tensor:
    """Feature ensemble: the query half of a block's attention output becomes its mean over prompts.

    (B, K, h, w, D) to the same; the lower half of the rows is the query's. With one prompt nothing changes.
    """
    prompt, query = attended.chunk(2, dim=2)
    return torch.cat([prompt, query.mean(dim=1, keepdim=True).expand_as(query)], dim=2)


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of (B, C, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same."""
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


def pixel_head(dim: int) -> nn.Sequential:
    """Decoder features (B, dim, H, W) to colours (B, 3, H, W)."""
    return nn.Sequential(
        nn.Conv2d(dim, dim, 3, padding=1), ChannelNorm(dim, eps=NORM_EPS), nn.GELU(), nn.Conv2d(dim, 3, 1)
    )


def tokens_to_pixels(x: Tensor, patch: int) -> Tensor:
    """(B, h, w, patch·patch·C), pixels of a patch row by row and channels innermost, to (B, C, H, W)."""
    pixels = x.unflatten(-1, (patch, patch, -1))
    return pixels.permute(0, 5, 1, 3, 2, 4).flatten(4, 5).flatten(2, 3)
