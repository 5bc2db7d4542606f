"""The matching readout: copy the colours of the best-matching prompt patches.

Patches lie on a grid of stride 8. A patch's descriptor joins several levels of the stem with Lab
colour; each level is centred over its frame and normalised per patch, so that no level drowns
another. Colours are copied at stride 4: a patch carries the colours of its 2×2 sub-cells.

Shape suffixes: N patches of a frame (H/8 · W/8), N/2 of them kept of a prompt, M those of all prompts, C descriptor
channels, P passes, V = 12 values a patch (2×2 sub-cells × RGB), in 16 columns with their right to vote.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.stem import CHANNELS, StemMaps

LAB_CHANNELS = 3
DESCRIPTOR_CHANNELS = CHANNELS["s4"] + CHANNELS["s8"] + CHANNELS["d8"] + CHANNELS["s16"] + LAB_CHANNELS
VALUES = 12
_LAB_WEIGHT = 0.5
_LIGHTNESS_WEIGHT = 0.5
MAX_SHARPNESS = 32.0
"""With it match weights lie within exp(±32), far inside the range of float32."""
_PROXIMITY_FLOOR = -18.0
_SMALLEST_WEIGHT = 1e-30
_QUERY_CHUNK = 576
"""Queries matched at once against one frame: their weights stay in a CPU's last cache."""
COLUMNS = 16
"""12 values, their right to vote, and three zeros: CPUs multiply by 16 columns twice as fast as by 13."""


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """sRGB (B, 3, H, W) in 0..1 to CIELAB under D65 (CIE 15:2004), L in 0..1 and a, b divided by 100."""
    linear = torch.where(rgb > 0.04045, ((rgb.clamp(min=0) + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    to_xyz = linear.new_tensor(
        [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
    ) / linear.new_tensor([[0.950456], [1.0], [1.088754]])
    xyz = torch.einsum("ij,bjhw->bihw", to_xyz, linear)
    f = torch.where(xyz > 0.008856, xyz.clamp(min=1e-6) ** (1 / 3), 7.787 * xyz + 16 / 116)
    x, y, z = f.unbind(1)
    return torch.stack([(116 * y - 16) / 100, 5 * (x - y), 2 * (y - z)], dim=1)


def descriptors(images: Tensor, maps: StemMaps) -> Tensor:
    """Patch descriptors before any projection, (B, DESCRIPTOR_CHANNELS, H/8, W/8).

    images: (B, 3, H, W) RGB in 0..1, the ones `maps` came from.
    """
    grid = maps.s8.shape[-2:]
    upsampled = F.interpolate(maps.s16, size=grid, mode="bilinear", align_corners=False)
    levels = [F.avg_pool2d(maps.s4, 2), maps.s8, maps.d8, upsampled]
    lab = rgb_to_lab(F.avg_pool2d(images, 8))
    lab = _centre(lab) * lab.new_tensor([_LIGHTNESS_WEIGHT, 1.0, 1.0]).view(1, 3, 1, 1)
    parts = [F.normalize(_centre(level), dim=1) for level in levels]
    return torch.cat([*parts, _LAB_WEIGHT * F.normalize(lab, dim=1)], dim=1)


def _centre(level: Tensor) -> Tensor:
    return level - level.mean(dim=(2, 3), keepdim=True)


def principal_axes(described: Tensor, count: int) -> Tensor:
    """The `count` strongest principal axes (about the origin) of descriptors (B, N, C), as rows (count, C)."""
    samples = described.flatten(0, 1).double()
    _, axes = torch.linalg.eigh(samples.T @ samples / len(samples))
    return axes[:, -count:].T.to(described.dtype)


def patch_values(targets: Tensor) -> Tensor:
    """Colours at stride 4, (P, 3, H/4, W/4), to the values of stride-8 patches, (P, N, 12)."""
    return F.pixel_unshuffle(targets, 2).flatten(2).transpose(1, 2)


def values_to_colours(values: Tensor, grid: tuple[int, int]) -> Tensor:
    """The inverse of `patch_values`: (P, N, 12) to (P, 3, H/4, W/4); grid is (H/8, W/8)."""
    return F.pixel_shuffle(values.transpose(1, 2).unflatten(2, grid), 2)


@dataclass(frozen=True, slots=True)
class Readout:
    """What matching copied to a query frame, for a batch B."""

    everywhere: Tensor
    """(B, 3, H/4, W/4) colours of the best matches anywhere in the prompts."""
    nearby: Tensor
    """(B, 3, H/4, W/4) colours of the best matches near the same place."""
    evidence: Tensor
    """(B, 2, H/8, W/8): how good the matches are, everywhere and nearby: log-sum-exp of similarity,
    in units of cosine, 0 for one perfect match."""

    def at_stride_8(self) -> Tensor:
        """(B, 26, H/8, W/8): both readouts' sub-cells and the evidence."""
        cells = [F.pixel_unshuffle(self.everywhere, 2), F.pixel_unshuffle(self.nearby, 2)]
        return torch.cat([*cells, self.evidence], dim=1)


def voting_values(targets: Tensor, known: Tensor, trust: float = 1.0) -> Tensor:
    """Values with their right to vote, (P, N, 16): the 12 colour values times that right, then it, then zeros.

    targets: (P, 3, H/4, W/4); known: (P, 1, H/4, W/4) in 0..1, which times `trust` is the right to vote.
    """
    weight = trust * F.avg_pool2d(known, 2).flatten(2).transpose(1, 2)
    padding = weight.new_zeros((*weight.shape[:2], COLUMNS - VALUES - 1))
    return torch.cat([patch_values(targets) * weight, weight, padding], dim=-1)


def checkerboard(grid: tuple[int, int], device: torch.device) -> Tensor:
    """Indices (N/2,) of the patches of a prompt that are matched, every other one in each row; grid is (H/8, W/8).

    A patch carries its four sub-cells, so that the half left out is seldom missed, and matching, which grows
    with every remembered frame, costs half: with weights that had learned from all patches, 0.795 J&F on eight
    DAVIS-2016 sequences became 0.792.
    """
    rows = torch.arange(grid[0], device=device)[:, None]
    columns = torch.arange(0, grid[1], 2, device=device)[None]
    return (rows * grid[1] + columns + rows % 2).flatten()


def proximity(grid: tuple[int, int], radius: Tensor) -> Tensor:
    """Gaussian nearness of every patch to those of a prompt's `checkerboard`, (N, N/2); radius is its sigma in
    patches."""
    rows = torch.arange(grid[0], device=radius.device, dtype=torch.float32)
    columns = torch.arange(grid[1], device=radius.device, dtype=torch.float32)
    kept = checkerboard(grid, radius.device)
    near_rows = _axis_proximity(rows, radius)[:, kept // grid[1]]
    near_columns = _axis_proximity(columns, radius)[:, kept % grid[1]]
    return (near_rows[:, None] * near_columns[None]).flatten(0, 1)


def _axis_proximity(positions: Tensor, radius: Tensor) -> Tensor:
    exponent = -((positions[:, None] - positions[None]) ** 2) / (2 * radius**2)
    # The floor lets a far match count where nothing near is known, and avoids slow denormal numbers.
    return exponent.clamp(min=_PROXIMITY_FLOOR).exp()


def match(
    queries: Tensor, keys: Tensor, values: Tensor, sharpness: Tensor, near: Tensor, grid: tuple[int, int]
) -> Readout:
    """Copy colours by a softmax over all prompt patches, with and without a bias to the same place.

    The weight of a match of cosine c is exp(sharpness · c), and that times `near`.
    queries: (G, N, C) and keys: (G, M, C), unit length, M a multiple of the number a frame keeps;
    values: (G, M, P, 16) as made by `voting_values`; near: (N, patches kept a frame), as made by `proximity`.
    Returns a Readout of batch G·P.
    """
    count = queries.shape[1]
    flat_values = values.flatten(2)
    # exp2 takes half the time of exp on a CPU.
    sharpened = queries * (sharpness * math.log2(math.e))
    everywhere, nearby = [], []
    for start in range(0, count, _QUERY_CHUNK):
        rows = slice(start, start + _QUERY_CHUNK)
        sums = _copy_rows(sharpened[:, rows], keys, flat_values, near[rows])
        everywhere.append(sums[0])
        nearby.append(sums[1])
    totals = [torch.cat(parts, dim=1).unflatten(2, (-1, COLUMNS)) for parts in (everywhere, nearby)]
    colours, evidence = zip(*(_normalise(total, sharpness, grid) for total in totals), strict=True)
    return Readout(everywhere=colours[0], nearby=colours[1], evidence=torch.cat(evidence, dim=1))


def _copy_rows(sharpened: Tensor, keys: Tensor, values: Tensor, near: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted sums of values, everywhere and nearby, (G, n, V) each; sharpened: (G, n, C) queries, with their rows
    of near."""
    everywhere = nearby = sharpened.new_zeros(())
    # One memory for all frames' weights: asking the system for fresh pages costs more than the product.
    # Autograd needs them all, so training has no such memory.
    room = None if torch.is_grad_enabled() else sharpened.new_empty((*sharpened.shape[:2], near.shape[1]))
    frames = zip(keys.split(near.shape[1], dim=1), values.split(near.shape[1], dim=1), strict=True)
    for frame_keys, frame_values in frames:
        weights = torch.bmm(sharpened, frame_keys.transpose(1, 2), out=room).exp2_()
        everywhere = everywhere + torch.bmm(weights, frame_values)
        nearby = nearby + torch.bmm(torch.mul(weights, near, out=room), frame_values)
    return everywhere, nearby


def _normalise(total: Tensor, sharpness: Tensor, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """(G, N, P, 16) weighted sums to colours (G·P, 3, H/4, W/4) and evidence (G·P, 1, H/8, W/8)."""
    total = total.transpose(1, 2).flatten(0, 1)
    weight = total[..., VALUES : VALUES + 1] + _SMALLEST_WEIGHT
    evidence = (weight.log() / sharpness - 1).transpose(1, 2).unflatten(2, grid)
    return values_to_colours(total[..., :VALUES] / weight, grid), evidence
