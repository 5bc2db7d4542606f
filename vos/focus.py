"""What of a frame the model is shown: the objects where they were last seen, with room around them.

A model sees a picture of few pixels. Spent on the part that holds the objects, they show small and thin things that
would be lost in the whole frame (`docs/ablations.md`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, sqrt

import numpy as np

from vos.crop import Crop, Size, bounding, union, whole
from vos.types import LabelMap

_ROOM = 0.05
"""On every side of the objects, as a share of what they span and as much again of the frame."""
_LEAST_ROOM = 0.75
"""Share of that room which must be left for a crop to stay where it is."""
_LARGEST = 1.2
"""How many times longer sides than needed a crop may have before it shrinks."""
_WHOLE = 0.8
"""Share of the frame from which on all of it is shown."""
_SEARCH = 0.05
"""By what share of the frame the place of an object that is not seen grows to every side, a frame."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lens:
    """How closely a model may look at a clip."""

    zoom: float
    """How many times larger than in the whole frame it may show things; the least area of a crop is that of the frame
    by its square."""
    stretch: float
    """How many times more of the frame's height than of its width a crop may have, or the other way about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Focus:
    """Where every object was last seen, and what the model is shown of the next frame."""

    size: Size
    """Of the frame."""
    seen: Mapping[int, Crop]
    """Object id → the smallest crop that held it; one that has gone since is looked for ever farther around."""
    crop: Crop

    def reach(self, identity: int) -> Crop | None:
        """Where an object can be in the next frame; None where it was never seen."""
        return self._with_room(self.seen[identity], _ROOM) if identity in self.seen else None

    def after(self, labels: LabelMap, lens: Lens) -> "Focus":
        """What follows from a frame's label map (H, W), ids of 1..254."""
        present = np.flatnonzero(np.bincount(labels.ravel(), minlength=256)[1:255]) + 1
        found = {int(identity): bounding(labels == identity) for identity in present}
        seen = {identity: self._farther(crop) for identity, crop in self.seen.items()} | found
        if not seen:
            return self
        ahead = [_ahead(self.seen.get(identity, crop), crop, self.size) for identity, crop in found.items()]
        return replace(self, seen=seen, crop=self._next_crop(union([*seen.values(), *ahead]), lens))

    def _farther(self, crop: Crop) -> Crop:
        height, width = self.size
        return crop.widened(ceil(_SEARCH * height), ceil(_SEARCH * width), self.size)

    def _next_crop(self, objects: Crop, lens: Lens) -> Crop:
        """The crop as it is, if it was chosen for objects, has room enough and is not much too large."""
        height, width = _fitting(self._with_room(objects, _ROOM), self.size, lens)
        enough = self.crop.holds(self._with_room(objects, _LEAST_ROOM * _ROOM))
        if self.seen and enough and self.crop.height * self.crop.width <= _LARGEST**2 * height * width:
            return self.crop
        return self._with_room(objects, _ROOM).resized(height, width, self.size)

    def _with_room(self, objects: Crop, room: float) -> Crop:
        height, width = self.size
        return objects.widened(ceil(room * (objects.height + height)), ceil(room * (objects.width + width)), self.size)


def unfocused(size: Size) -> Focus:
    """Before anything was seen: the whole frame."""
    return Focus(size=size, seen={}, crop=whole(size))


def _ahead(before: Crop, now: Crop, size: Size) -> Crop:
    """Where an object will be if each of its sides goes on as it did; within the frame, and not empty."""
    top, bottom = _side_ahead((before.top, before.height), (now.top, now.height), size[0])
    left, right = _side_ahead((before.left, before.width), (now.left, now.width), size[1])
    return Crop(top=top, left=left, height=bottom - top, width=right - left)


def _side_ahead(before: tuple[int, int], now: tuple[int, int], length: int) -> tuple[int, int]:
    """Start and stop on one axis, from starts and extents."""
    start = min(max(0, 2 * now[0] - before[0]), length - 1)
    stop = 2 * (now[0] + now[1]) - (before[0] + before[1])
    return start, min(max(start + 1, stop), length)


def _fitting(needed: Crop, size: Size, lens: Lens) -> Size:
    """Height and width of a crop about `needed` that the lens allows."""
    rows, columns = needed.height / size[0], needed.width / size[1]
    rows, columns = max(rows, columns / lens.stretch), max(columns, rows / lens.stretch)
    least = 1 / lens.zoom**2
    if rows * columns < least:
        factor = sqrt(least / (rows * columns))
        rows, columns = rows * factor, columns * factor
        # What one side cannot have the other one gets.
        rows, columns = (min(1.0, max(rows, least / min(1.0, columns))), min(1.0, max(columns, least / min(1.0, rows))))
    if rows * columns > _WHOLE:
        return size
    return ceil(rows * size[0]), ceil(columns * size[1])
