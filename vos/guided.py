"""A tracker with the masks it will be given, through one clip in one direction."""

from collections.abc import Mapping

import numpy as np

from vos.errors import InputError
from vos.memory.snapshot import Memory
from vos.soft_masks import GivenMasks
from vos.tracker import Tracker, check_mask
from vos.types import Frame, LabelMap, Segmentation


class Guided:
    """Segments a clip frame by frame; frames that come before the first mask are empty."""

    def __init__(self, tracker: Tracker, masks: LabelMap | Mapping[int, LabelMap], *, backward: bool = False) -> None:
        """masks: of the first frame, or by frame number. backward: whether the frames' numbers go down."""
        self._tracker = tracker
        self._masks = masks
        self._sign = -1 if backward else 1
        self._waiting: dict[int, LabelMap] | None = None
        self._first = 0
        self._last: int | None = None

    def segment(self, frame: Frame) -> Segmentation:
        """Raises InputError, before any work, for masks that do not fit the clip."""
        mask = self._next_mask(frame)
        if self._turn(frame.index) < self._turn(self._first):
            return _empty(frame)
        return self._tracker.step(frame) if mask is None else self._tracker.start(frame, mask)

    def recall(self, memory: Memory, frame: Frame, segmentation: Segmentation) -> None:
        """Go past a frame that a run before this one has segmented.

        memory: of that run's tracker at its end; segmentation: what it said of this frame. All frames before the
        first that is segmented anew are gone past, in order.
        """
        mask = self._next_mask(frame)
        if frame.index in memory.frames:
            self._tracker.recall(memory, frame, segmentation, mask)

    @property
    def memory(self) -> Memory:
        """What the tracker remembers now."""
        return self._tracker.memory

    def finish(self) -> None:
        """After the last frame: every mask must have been used."""
        if self._last is None:
            raise InputError("the clip has no frames: it must have at least one")
        if self._waiting:
            numbers = ", ".join(map(str, sorted(self._waiting)))
            raise InputError(f"there are masks for frames that the clip has not ({numbers}): its last is {self._last}")

    def _next_mask(self, frame: Frame) -> LabelMap | None:
        """The mask given for this frame, the next of the clip."""
        if self._waiting is None:
            self._waiting = self._checked(frame)
            self._first = min(self._waiting, key=self._turn)
        self._last = frame.index
        return self._waiting.pop(frame.index, None)

    def _turn(self, index: int) -> int:
        """What grows from frame to frame."""
        return self._sign * index

    def _checked(self, first: Frame) -> dict[int, LabelMap]:
        """Masks by frame number, each one fit for a clip that begins with this frame."""
        checked = dict(self._masks) if isinstance(self._masks, Mapping) else {first.index: self._masks}
        for index, ids in checked.items():
            check_mask(ids, index, first.size)
        if not checked or min(map(self._turn, checked)) < self._turn(first.index):
            numbers = ", ".join(map(str, sorted(checked))) or "none"
            raise InputError(f"masks are given for frames {numbers}, but the clip begins with frame {first.index}")
        return checked


def _empty(frame: Frame) -> Segmentation:
    """Of a frame before the first mask: nothing is known of any object."""
    labels = np.zeros(frame.size, dtype=np.uint8)
    return Segmentation(index=frame.index, ids=labels, soft=GivenMasks(labels=labels, ids=()))
