"""Which remembered frames to keep: pure functions over small records.

The user's own masks are pinned and not decided here; `records` are the predicted frames, oldest first, the
newest among them. Every policy skips a frame in which no object is seen: a frame of background only would
push out the frames that show what to look for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vos.crop import Crop

PolicyName = Literal["recent", "stride", "gated"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What is known of a remembered frame, apart from its features."""

    index: int
    """0-based position in the clip."""
    pinned: bool = False
    """The user gave its mask."""
    confidence: Mapping[int, float]
    """Object id → mean margin over the object's interior, 0..1; 0 for an object that is absent."""
    areas: Mapping[int, float]
    """Object id → share of the frame, 0..1."""
    crop: Crop
    """What the model was shown of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """A named policy and its figures."""

    name: PolicyName
    frames: int
    """K, predicted frames kept at most; 0 leaves the user's masks alone."""
    stride: int = 1
    """`stride` and `gated`: every how many frames one is kept for longer."""
    min_confidence: float = 0.0
    """`gated`: an object below it counts as not seen."""

    def choose(self, records: Sequence[Record]) -> frozenset[int]:
        """Indices of the records to keep, at most `frames`."""
        if self.frames == 0:
            return frozenset()
        if self.name == "recent":
            return recent(records, self.frames)
        return spread(records, self.frames, self.stride, self.min_confidence if self.name == "gated" else 0.0)


def recent(records: Sequence[Record], frames: int) -> frozenset[int]:
    """The last `frames` in which an object is seen."""
    shown = [record for record in records if seen(record, 0.0)]
    return frozenset(record.index for record in shown[-frames:])


def spread(records: Sequence[Record], frames: int, stride: int, min_confidence: float) -> frozenset[int]:
    """The last frame and, behind it, frames whose number is a multiple of `stride`, `frames` in all.

    Frames right behind each other are nearly the same frame: spread ones cover more poses at the same cost.
    A frame in which no object is seen counts for neither. The older half of the spread frames goes first to
    the latest that show an object which has gone since, then to the newest.
    """
    shown = [record for record in records if seen(record, min_confidence)]
    if not shown:
        return frozenset()
    anchors = [record for record in shown[:-1] if record.index % stride == 0]
    sightings = {who: record.index for record in [*anchors, shown[-1]] for who in seen(record, min_confidence)}.values()
    older_places = (frames - 1) // 2
    newer = _last(anchors, frames - 1 - older_places)
    older = sorted(anchors[: len(anchors) - len(newer)], key=lambda record: record.index in sightings)
    return frozenset(record.index for record in [*_last(older, older_places), *newer, shown[-1]])


def seen(record: Record, min_confidence: float) -> frozenset[int]:
    """The objects that the frame shows, and surely enough."""
    return frozenset(
        identity
        for identity, area in record.areas.items()
        if area > 0 and record.confidence[identity] >= min_confidence
    )


def _last(records: Sequence[Record], count: int) -> Sequence[Record]:
    return records[max(0, len(records) - count) :]
