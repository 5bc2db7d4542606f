"""Pictures of an atlas seen through views: bilinear, many at once."""

import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.training.painting.packed import CHANNELS, Looks, PackedClips

MAX_PIXELS = 2**23
"""Pixels that are looked up at a time: about a GB of memory."""


def look(packed: PackedClips, looks: Looks, *, mirrored: bool) -> Tensor:
    """(L, 4, H, W) float32 in 0..255: what each look shows of the frame.

    Beyond a picture's borders lies its mirror image, its last row or column not doubled, or nothing.
    """
    height, width = packed.size
    count = max(1, MAX_PIXELS // (height * width))
    starts = range(0, len(looks.offset), count)
    return torch.cat([_look(packed, _slice(looks, at, at + count), mirrored) for at in starts])


def mean_of_parts(seen: Tensor, part: Tensor, parts: int) -> Tensor:
    """(parts, ...) mean of the rows of seen (L, ...) that are parts of one thing; part: (L,)."""
    counts = torch.bincount(part, minlength=parts).to(seen.dtype)
    total = seen.new_zeros((parts, *seen.shape[1:])).index_add_(0, part, seen)
    return total / counts.view(-1, *[1] * (seen.ndim - 1))


def _slice(looks: Looks, start: int, stop: int) -> Looks:
    return Looks(*(getattr(looks, name)[start:stop] for name in ("offset", "shape", "inverse", "bend", "grid", "part")))


def _look(packed: PackedClips, looks: Looks, mirrored: bool) -> Tensor:
    points = _frame_points(packed.size, looks.inverse.device)
    mapped = looks.inverse @ points
    places = mapped[:, :2] / mapped[:, 2:]
    places = places + _bent(packed.bends[looks.bend], looks.grid @ points, packed.size).flatten(2)
    corner = places.floor()
    share = places - corner
    corner = corner.long()
    seen = places.new_zeros((len(places), places.shape[2], CHANNELS))
    for down in (0, 1):
        for across in (0, 1):
            weight = (share[:, 0] if across else 1 - share[:, 0]) * (share[:, 1] if down else 1 - share[:, 1])
            x, in_x = _inside(corner[:, 0] + across, looks.shape[:, 1:], mirrored)
            y, in_y = _inside(corner[:, 1] + down, looks.shape[:, :1], mirrored)
            index = looks.offset[:, None] + y * looks.shape[:, 1:] + x
            seen += packed.atlas[index].float() * (weight * in_x * in_y)[..., None]
    return seen.transpose(1, 2).unflatten(2, packed.size)


def _frame_points(size: tuple[int, int], device: torch.device) -> Tensor:
    """(3, H * W) float32: x, y and 1 of every pixel, row by row."""
    rows = torch.arange(size[0], device=device, dtype=torch.float32)
    columns = torch.arange(size[1], device=device, dtype=torch.float32)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y, torch.ones_like(x)]).flatten(1)


def _bent(bends: Tensor, at: Tensor, size: tuple[int, int]) -> Tensor:
    """(L, 2, H, W) displacements of bends (L, 2, g, g) at points (L, 2, H * W), x and y counted in its cells."""
    side = bends.shape[-1]
    grid = (2 * at / (side - 1) - 1).transpose(1, 2).unflatten(1, size)
    return F.grid_sample(bends, grid, mode="bicubic", padding_mode="border", align_corners=True)


def _inside(index: Tensor, length: Tensor, mirrored: bool) -> tuple[Tensor, Tensor]:
    """Indices (L, N) brought into 0..length - 1, and whether they count; length: (L, 1)."""
    if mirrored:
        period = (2 * (length - 1)).clamp(min=1)
        folded = index.remainder(period)
        return torch.minimum(folded, period - folded).clamp(max=length - 1), torch.ones_like(index, dtype=torch.bool)
    return index.clamp(min=0).minimum(length - 1), (index >= 0) & (index < length)
