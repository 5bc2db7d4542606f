"""The matching readout: copy the colours of the best-matching prompt patches.

Patches lie on a grid of stride 8. A patch's descriptor joins several levels of the stem with Lab
colour; each level is centred over its frame and normalised per patch, so that no level drowns
another. Colours are copied at stride 4: a patch carries the colours of its 2×2 sub-cells.

Shape suffixes: N patches of a frame (H/8 · W/8), m of them kept of a prompt, C descriptor channels, P passes, G query
frames, V = 12 values a patch (2×2 sub-cells × RGB), in 16 columns with their right to vote.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.places import patch_places, proximity
from seggpt_core.stem import CHANNELS, StemMaps

LAB_CHANNELS = 3
DESCRIPTOR_CHANNELS = CHANNELS["s4"] + CHANNELS["s8"] + CHANNELS["d8"] + CHANNELS["s16"] + LAB_CHANNELS
VALUES = 12
_LAB_WEIGHT = 0.5
_LIGHTNESS_WEIGHT = 0.5
MAX_SHARPNESS = 32.0
"""With it match weights lie within exp(±32), far inside the range of float32."""
_SMALLEST_WEIGHT = 1e-30
_QUERY_CHUNK = 576
"""About so many queries are matched at once against one frame: their weights stay in a CPU's cache."""
_SHOWN = 0.1
"""Least colour, of 0..1, of a pixel that may belong to an object."""
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
    in units of cosine, 0 for one perfect match with a patch that counts once."""

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


class Patches(NamedTuple):
    """What is matched of one prompt of each of G queries."""

    keys: Tensor
    """(G, m, C), unit length."""
    values: Tensor
    """(G, m, P, 16), as made by `voting_values`, times how many patches each counts for."""
    places: Tensor
    """(G, m, 2): row and column of their centres, in shares of the picture's height and width."""


def prompt_patches(keys: Tensor, targets: Tensor, known: Tensor, windows: Tensor, trust: float = 1.0) -> Patches:
    """What is matched of B frames with their colours in P passes.

    keys: (B, N, C); targets: (B, P, 3, H/4, W/4); known: (B, P, 1, H/4, W/4) in 0..1; windows: (B, 4), what
    the frames show of their pictures, as `Window.tensor` gives it. Together a frame's patches count for about
    `trust` · N.
    """
    indices, counts = kept_patches(targets, known)
    values = voting_values(targets.flatten(0, 1), known.flatten(0, 1), trust).unflatten(0, targets.shape[:2])
    kept = values.transpose(1, 2).gather(1, indices[..., None, None].expand(-1, -1, *values.shape[1::2]))
    places = patch_places(windows, (targets.shape[-2] // 2, targets.shape[-1] // 2))
    return Patches(
        keys=keys.gather(1, indices[..., None].expand(-1, -1, keys.shape[-1])),
        values=kept * counts[..., None, None],
        places=places.gather(1, indices[..., None].expand(-1, -1, 2)),
    )


def kept_patches(targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Which patches of B prompts are matched, (B, m) int64, and for how many each counts, (B, m) float.

    Matching grows with every remembered frame, and a background seldom says anything new. Patches are *near* an object
    if they or one of their eight neighbours are painted in another colour than black by any pass, or not wholly
    known. Of these, those of one colour of a checkerboard are kept and count for two, elsewhere those of every second
    row and column, which count for four; a patch carries its four sub-cells, so that what is left out is not missed
    (`docs/ablations.md`). What is painted on patches of the other colour alone is kept too. All passes share a choice.
    Frames that keep fewer patches than others are filled up with ones that count for none.
    targets: (B, P, 3, H/4, W/4) colours in 0..1; known: (B, P, 1, H/4, W/4) in 0..1.
    """
    seen = torch.cat([targets, 1 - known], dim=2).amax(dim=(1, 2))
    painted = F.max_pool2d(seen, 2) > _SHOWN
    near = _widened(painted)
    rows, columns = (torch.arange(size, device=targets.device) for size in near.shape[1:])
    board = (rows[:, None] + columns) % 2 == 0
    sparse = (rows[:, None] % 2 == 0) & (columns % 2 == 0)
    lone = painted & ~board & ~_widened(painted & board)
    kept = (torch.where(near, board, sparse) | lone).flatten(1)
    counts = torch.where(near, 2.0, 4.0).flatten(1) * kept
    most = int(kept.sum(dim=1).max())
    indices = kept.to(torch.uint8).argsort(dim=1, descending=True, stable=True)[:, :most]
    return indices, counts.gather(1, indices)


def _widened(patches: Tensor) -> Tensor:
    """Patches and their eight neighbours; (B, H/8, W/8) bool."""
    return F.max_pool2d(patches.float(), 3, stride=1, padding=1) > 0


def match(
    queries: Tensor,
    prompts: Sequence[Patches],
    sharpness: Tensor,
    radius: Tensor,
    grid: tuple[int, int],
    windows: Tensor,
) -> Readout:
    """Copy colours by a softmax over all prompts' patches, with and without a bias to the same place.

    The weight of a match of cosine c is exp(sharpness · c), and that times its `proximity` of `radius`.
    queries: (G, N, C), unit length; grid is (H/8, W/8); windows: (G, 4), what the frames show of their pictures, as
    `Window.tensor` gives it. Returns a Readout of batch G·P.
    """
    # exp2 takes half the time of exp on a CPU.
    sharpened = (queries * (sharpness * math.log2(math.e))).unflatten(1, grid)
    near = [proximity(prompt.places, windows, grid, radius) for prompt in prompts]
    height = max(1, _QUERY_CHUNK // grid[1])
    # One memory for all weights: asking the system for fresh pages costs more than the product.
    # Autograd needs them all, so training has no such memory.
    most = len(queries) * height * grid[1] * max(prompt.keys.shape[1] for prompt in prompts)
    room = None if torch.is_grad_enabled() else queries.new_empty(most)
    sums = []
    for top in range(0, grid[0], height):
        rows = slice(top, top + height)
        nearness = [(of_rows[:, rows], of_columns) for of_rows, of_columns in near]
        sums.append(_copy_rows(sharpened[:, rows], prompts, nearness, room))
    totals = [torch.cat(parts, dim=1).unflatten(2, (-1, COLUMNS)) for parts in zip(*sums, strict=True)]
    colours, evidence = zip(*(_normalise(total, sharpness, grid) for total in totals), strict=True)
    return Readout(everywhere=colours[0], nearby=colours[1], evidence=torch.cat(evidence, dim=1))


def _copy_rows(
    sharpened: Tensor, prompts: Sequence[Patches], near: Sequence[tuple[Tensor, Tensor]], room: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Weighted sums of values, everywhere and nearby, (G, n, P·16) each.

    sharpened: (G, r, W/8, C), n queries in r rows; near: for each prompt, of these rows and of all columns; room: for
    G·n·m weights.
    """
    everywhere = nearby = sharpened.new_zeros(())
    queries = sharpened.flatten(1, 2)
    for (keys, values, _), (of_rows, of_columns) in zip(prompts, near, strict=True):
        flat = values.flatten(2)
        shape = (*queries.shape[:2], keys.shape[1])
        out = None if room is None else room[: math.prod(shape)].view(shape)
        weights = torch.bmm(queries, keys.transpose(1, 2), out=out).exp2_()
        everywhere = everywhere + torch.bmm(weights, flat)
        nearby = nearby + torch.bmm(_brought_near(weights, of_rows, of_columns), flat)
    return everywhere, nearby


def _brought_near(weights: Tensor, of_rows: Tensor, of_columns: Tensor) -> Tensor:
    """Weights (G, n, m) times nearness. They are overwritten, unless autograd needs them."""
    placed = weights.unflatten(1, (of_rows.shape[1], -1))
    if torch.is_grad_enabled():
        return (placed * (of_rows[:, :, None] * of_columns[:, None])).flatten(1, 2)
    return placed.mul_(of_rows[:, :, None]).mul_(of_columns[:, None]).flatten(1, 2)


def _normalise(total: Tensor, sharpness: Tensor, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """(G, N, P, 16) weighted sums to colours (G·P, 3, H/4, W/4) and evidence (G·P, 1, H/8, W/8)."""
    total = total.transpose(1, 2).flatten(0, 1)
    weight = total[..., VALUES : VALUES + 1] + _SMALLEST_WEIGHT
    evidence = (weight.log() / sharpness - 1).transpose(1, 2).unflatten(2, grid)
    return values_to_colours(total[..., :VALUES] / weight, grid), evidence
