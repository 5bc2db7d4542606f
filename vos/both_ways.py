"""Propagation backward, and both ways: a backward pass is spooled, and the clip gone through again."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from vos.resume import Resumable, Spool
from vos.types import Frame, Plane, Segmentation

_LEAST_WEIGHT = 1e-3
"""So that two directions that are both unsure still have a mean."""


class Replayed:
    """Segments a clip from first to last with what a backward pass has spooled."""

    def __init__(self, spool: Spool, written: Collection[int] = ()) -> None:
        """written: numbers of the frames that an earlier run has written."""
        self._spool = spool
        self._written = written

    def segment(self, frame: Frame) -> Segmentation:
        return replace(self._spool.read(frame.index), stored=frame.index in self._written)

    def finish(self) -> None:
        """Every frame was spooled: the same clip was read."""


class BothWays:
    """Segments a clip from first to last, and merges each frame with what a backward pass has spooled."""

    def __init__(self, forward: Resumable, spool: Spool) -> None:
        self._forward = forward
        self._spool = spool

    def segment(self, frame: Frame) -> Segmentation:
        one = self._forward.segment(frame)
        if one.stored and one.soft is None:
            return one  # read from the masks that were written, which are merged
        return replace(merge(one, self._spool.read(frame.index)), stored=one.stored)

    def finish(self) -> None:
        self._forward.finish()


@dataclass(frozen=True, kw_only=True, slots=True)
class MergedMasks:
    """Planes of several segmentations, merged."""

    by_id: Mapping[int, Plane] = field(repr=False)
    pixel: float
    """The larger of theirs."""

    def planes(self) -> Iterator[tuple[int, Plane]]:
        yield from self.by_id.items()


def merge(one: Segmentation, other: Segmentation) -> Segmentation:
    """One frame seen from two sides: each object's soft masks averaged, weighted by its confidence in each.

    An object that only one side knows is taken from it; where a side knows none, the other is taken whole.
    """
    if not one.confidence or not other.confidence:
        return one if one.confidence else other
    sums: dict[int, Plane] = {}
    weights: dict[int, float] = {}
    confidence: dict[int, float] = {}
    for side in (one, other):
        for identity, plane in _planes(side):
            weight = side.confidence.get(identity, 0.0) + _LEAST_WEIGHT
            sums[identity] = sums.get(identity, np.zeros_like(plane)) + weight * plane
            weights[identity] = weights.get(identity, 0.0) + weight
            confidence[identity] = confidence.get(identity, 0.0) + weight * side.confidence.get(identity, 0.0)
    planes = {identity: plane / weights[identity] for identity, plane in sums.items()}
    return Segmentation(
        index=one.index,
        ids=_winners(planes),
        confidence={identity: total / weights[identity] for identity, total in confidence.items()},
        soft=MergedMasks(by_id=planes, pixel=max(side.soft.pixel for side in (one, other) if side.soft is not None)),
    )


def _planes(side: Segmentation) -> Iterator[tuple[int, Plane]]:
    if side.soft is not None:
        yield from side.soft.planes()


def _winners(planes: Mapping[int, Plane]) -> np.ndarray:
    """The largest plane's id, or 0 where what is left for the background is larger."""
    stack = np.stack(list(planes.values()))
    background = np.clip(1 - stack.sum(axis=0), 0, 1)
    best = stack.argmax(axis=0)
    ids = np.array(list(planes), dtype=np.uint8)[best]
    return np.where(np.take_along_axis(stack, best[None], axis=0)[0] > background, ids, 0).astype(np.uint8)
