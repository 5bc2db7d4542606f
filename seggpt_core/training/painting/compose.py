"""Frames painted back to front: backdrops, stickers over them, their shadows, and whose each pixel is."""

import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.training.data.layers import OPAQUE
from seggpt_core.training.data.painter import SHADOW_SOFTNESS, THIN
from seggpt_core.training.painting.packed import PackedClips, Stickers
from seggpt_core.training.painting.textures import look, mean_of_parts


def paint_frames(packed: PackedClips) -> tuple[Tensor, Tensor]:
    """Images (N, 3, H, W) float32 RGB in 0..255 and labels (N, H, W) uint8 of the frames of all clips.

    The rules are those of `data.painter`, but for roundings to 8 bits in between.
    """
    backdrops = packed.backdrops
    images = mean_of_parts(look(packed, backdrops, mirrored=True), backdrops.part, packed.frames)[:, :3]
    labels = _backdrop_labels(packed)
    for stickers in packed.stickers:
        seen = look(packed, stickers.looks, mirrored=False)
        patch = mean_of_parts(seen, stickers.looks.part, len(stickers.frames))
        behind = images[stickers.frames] * _light(patch[:, 3:], stickers.shadows)
        images[stickers.frames] = behind * (1 - patch[:, 3:] / 255) + patch[:, :3]
        _own(labels, stickers, seen[stickers.middles, 3])
    return images, labels


def _backdrop_labels(packed: PackedClips) -> Tensor:
    labels = torch.zeros((packed.frames, *packed.size), dtype=torch.uint8, device=packed.atlas.device)
    for masks in packed.masks:
        seen = look(packed, masks.looks, mirrored=True)
        for channel in range(seen.shape[1]):
            value = masks.values[:, channel, None, None]
            covered = (seen[:, channel].round() > OPAQUE) & (value > 0)
            labels[masks.looks.part] = torch.where(covered, value, labels[masks.looks.part])
    return labels


def _own(labels: Tensor, stickers: Stickers, alpha: Tensor) -> None:
    """Write the labels of stickers with alpha (S, H, W) into labels (N, H, W)."""
    alpha = alpha.round()
    eroded = -F.max_pool2d(-alpha[:, None], 3, stride=1, padding=1)
    thin = alpha - F.max_pool2d(eroded, 3, stride=1, padding=1)[:, 0]
    owned = (alpha > OPAQUE) | (thin > THIN)
    labels[stickers.frames] = torch.where(owned, stickers.labels[:, None, None], labels[stickers.frames])


def _light(alpha: Tensor, shadows: Tensor) -> Tensor:
    """(S, 1, H, W) share of the light that shadows (S, 3) of stickers with alpha (S, 1, H, W) leave."""
    height, width = alpha.shape[-2:]
    theta = alpha.new_zeros((len(alpha), 2, 3))
    theta[:, 0, 0] = theta[:, 1, 1] = 1
    theta[:, 0, 2], theta[:, 1, 2] = -2 * shadows[:, 0] / width, -2 * shadows[:, 1] / height
    grid = F.affine_grid(theta, [len(alpha), 1, height, width], align_corners=False)
    fallen = F.grid_sample(alpha, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    soft = F.avg_pool2d(fallen, SHADOW_SOFTNESS, stride=1, padding=SHADOW_SOFTNESS // 2)
    return 1 - shadows[:, 2, None, None, None] * soft / 255
