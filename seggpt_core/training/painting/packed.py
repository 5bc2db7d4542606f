"""The plans of a batch as a few tensors: one atlas of all pictures, and tables that say what is seen where.

Layers are painted back to front, so the tables come by depth: the backdrops of all frames, then the backmost sticker of
each frame that has any, then the next one.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seggpt_core.training.data.items import IGNORE
from seggpt_core.training.data.motion import GRID
from seggpt_core.training.data.plan import ClipPlan, FramePlan, Sticker
from seggpt_core.training.data.recording import Recording
from seggpt_core.training.data.warping import grid_map

CHANNELS = 4
"""Of every picture in the atlas."""


@dataclass(frozen=True)
class Looks:
    """L looks at pictures of the atlas, each through a view of its own."""

    offset: Tensor
    """(L,) int64: where the picture begins in the atlas."""
    shape: Tensor
    """(L, 2) int64: its height and width."""
    inverse: Tensor
    """(L, 3, 3) float32: map of the frame's pixels to the picture's."""
    bend: Tensor
    """(L,) int64: row of `PackedClips.bends`; row 0 bends nothing."""
    grid: Tensor
    """(L, 2, 3) float32: map of the frame's pixels to the points of that row."""
    part: Tensor
    """(L,) int64: what the look is a part of. All that are parts of one thing are averaged."""


@dataclass(frozen=True)
class Masks:
    """Masks of backdrops, four a look."""

    looks: Looks
    """Its parts are frames."""
    values: Tensor
    """(L, 4) uint8: the label that each channel stands for."""


@dataclass(frozen=True)
class Stickers:
    """S stickers of one depth, no two in the same frame."""

    looks: Looks
    """Its parts are rows of what follows."""
    frames: Tensor
    """(S,) int64"""
    labels: Tensor
    """(S,) uint8"""
    middles: Tensor
    """(S,) int64: the look that the label follows."""
    shadows: Tensor
    """(S, 3) float32: shift in x and y in pixels, strength; 0 for none."""


@dataclass(frozen=True)
class PackedClips:
    """B clips of T frames; frame t of clip b has number b * T + t."""

    size: tuple[int, int]
    clips: int
    """B"""
    frames: int
    """B * T"""
    atlas: Tensor
    """(P, 4) uint8: the pixels of all pictures, one after the other."""
    bends: Tensor
    """(E, 2, g, g) float32: displacements in x and y, in pixels of the picture."""
    backdrops: Looks
    """Its parts are frames."""
    masks: tuple[Masks, ...]
    """One for every four channels."""
    stickers: tuple[Stickers, ...]
    """Back to front."""
    recordings: tuple[Recording, ...]
    """One a clip."""


@dataclass
class _Pictures:
    """The atlas and the bends while they grow. A picture that is met again is not stored again."""

    pixels: list[np.ndarray] = field(default_factory=list)
    places: dict[tuple[int, int], int] = field(default_factory=dict)
    held: list[np.ndarray] = field(default_factory=list)
    """Keeps what `places` knows by identity alive."""
    bends: list[np.ndarray] = field(default_factory=lambda: [np.zeros((GRID, GRID, 2), np.float32)])
    end: int = 0

    def place(self, picture: np.ndarray, first: int = 0) -> int:
        """Where channels first to first + 4 of a picture (h, w, c) begin; missing ones are 0."""
        key = (id(picture), first)
        if key not in self.places:
            pixels = np.zeros((picture.shape[0] * picture.shape[1], CHANNELS), np.uint8)
            taken = picture[..., first : first + CHANNELS]
            pixels[:, : taken.shape[2]] = taken.reshape(len(pixels), -1)
            self.places[key] = self.end
            self.end += len(pixels)
            self.pixels.append(pixels)
            self.held.append(picture)
        return self.places[key]


class _LookTable:
    """Looks while they are listed."""

    def __init__(self, pictures: _Pictures) -> None:
        self.pictures = pictures
        self.rows: list[tuple[int, tuple[int, int], np.ndarray, int, np.ndarray, int]] = []

    def add(
        self, picture: np.ndarray, views: Iterable[np.ndarray], elastic: np.ndarray | None, part: int, first: int = 0
    ) -> None:
        """Looks at one picture (h, w, c), of which channels `first` to `first` + 4 are seen."""
        offset, shape = self.pictures.place(picture, first), picture.shape[:2]
        bend = 0
        if elastic is not None:
            bend = len(self.pictures.bends)
            self.pictures.bends.append(elastic)
        for view in views:
            grid = np.linalg.inv(np.vstack([grid_map(view, (GRID, GRID), shape), [0, 0, 1]]))[:2]
            self.rows.append((offset, (shape[0], shape[1]), np.linalg.inv(view), bend, grid, part))

    def done(self) -> Looks:
        """The table as tensors."""
        offset, shape, inverse, bend, grid, part = zip(*self.rows, strict=True)
        return Looks(
            torch.tensor(offset),
            torch.tensor(shape),
            torch.from_numpy(np.stack(inverse)).float(),
            torch.tensor(bend),
            torch.from_numpy(np.stack(grid)).float(),
            torch.tensor(part),
        )


def pack(plans: Sequence[ClipPlan]) -> PackedClips:
    """Plans of equal size and length as tensors on the CPU."""
    frames = [frame for plan in plans for frame in plan.frames]
    pictures = _Pictures()
    backdrops = _LookTable(pictures)
    for number, frame in enumerate(frames):
        backdrops.add(frame.backdrop.picture, frame.backdrop.views, frame.backdrop.elastic, number)
    masks = _pack_masks(frames, pictures)
    deepest = max(len(frame.stickers) for frame in frames)
    stickers = tuple(_pack_stickers(_at_depth(frames, depth), pictures) for depth in range(deepest))
    return PackedClips(
        size=plans[0].size,
        clips=len(plans),
        frames=len(frames),
        atlas=torch.from_numpy(np.concatenate(pictures.pixels)),
        bends=torch.from_numpy(np.stack(pictures.bends)).permute(0, 3, 1, 2).contiguous(),
        backdrops=backdrops.done(),
        masks=masks,
        stickers=stickers,
        recordings=tuple(plan.recording for plan in plans),
    )


def _at_depth(frames: Sequence[FramePlan], depth: int) -> list[tuple[int, Sticker]]:
    return [(number, frame.stickers[depth]) for number, frame in enumerate(frames) if len(frame.stickers) > depth]


def _pack_masks(frames: Sequence[FramePlan], pictures: _Pictures) -> tuple[Masks, ...]:
    packed = []
    channels = max((frame.backdrop.masks.shape[2] for frame in frames if frame.backdrop.masks is not None), default=0)
    for first in range(0, channels, CHANNELS):
        table, values = _LookTable(pictures), []
        for number, frame in enumerate(frames):
            backdrop = frame.backdrop
            if backdrop.masks is not None and backdrop.masks.shape[2] > first:
                middle = backdrop.views[len(backdrop.views) // 2]
                table.add(backdrop.masks, [middle], backdrop.elastic, number, first)
                values.append(_values(backdrop.masks.shape[2])[first : first + CHANNELS])
        packed.append(Masks(table.done(), torch.from_numpy(np.stack(values))))
    return tuple(packed)


def _values(channels: int) -> np.ndarray:
    """(c,) uint8 labels of the channels of `to_masks`, c a multiple of 4; the last of them is what is ignored."""
    values = np.zeros(-(-channels // CHANNELS) * CHANNELS, np.uint8)
    values[: channels - 1] = np.arange(1, channels)
    values[channels - 1] = IGNORE
    return values


def _pack_stickers(stickers: Sequence[tuple[int, Sticker]], pictures: _Pictures) -> Stickers:
    table, middles, shadows = _LookTable(pictures), [], []
    for part, (_, sticker) in enumerate(stickers):
        middles.append(len(table.rows) + len(sticker.views) // 2)
        table.add(sticker.picture, sticker.views, sticker.elastic, part)
        shadow = sticker.shadow
        shadows.append((0.0, 0.0, 0.0) if shadow is None else (*shadow.shift, shadow.strength))
    return Stickers(
        table.done(),
        torch.tensor([number for number, _ in stickers]),
        torch.tensor([sticker.label for _, sticker in stickers], dtype=torch.uint8),
        torch.tensor(middles),
        torch.tensor(shadows),
    )


def moved_to(packed: PackedClips, device: torch.device) -> PackedClips:
    """The same with all tensors on another device."""
    moved: PackedClips = _moved(packed, device)
    return moved


def _moved(value: Any, device: torch.device) -> Any:
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, tuple):
        return tuple(_moved(item, device) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, (type, Recording)):
        names = [entry.name for entry in dataclasses.fields(value)]
        return dataclasses.replace(value, **{name: _moved(getattr(value, name), device) for name in names})
    return value
