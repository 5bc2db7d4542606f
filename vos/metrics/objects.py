"""From what was measured in each frame to one object's score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vos.metrics.extras import object_extras
from vos.metrics.frames import FrameMeasures
from vos.metrics.protocols import Protocol
from vos.metrics.summary import Summary, summarise


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameScore:
    """J and F of one object in one frame."""

    position: int
    """Of the frame, from 0."""
    j: float
    f: float

    @property
    def jf(self) -> float:
        return (self.j + self.f) / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectScore:
    """J and F of one object of one sequence."""

    sequence: str
    object: str
    """The data set's own name for it."""
    group: str | None
    """"seen" or "unseen" in training, where the benchmark averages over the two."""
    frames: int
    """Scored frames."""
    j: Summary
    f: Summary
    worst: FrameScore
    """Of all its scored frames the first with the lowest J&F."""
    extras: Mapping[str, float]
    """The protocol's further figures by name; see `object_extras`."""

    @property
    def jf(self) -> float:
        return (self.j.mean + self.f.mean) / 2


def score_object(
    protocol: Protocol,
    *,
    sequence: str,
    object: str,
    group: str | None,
    positions: Sequence[int],
    frames: Sequence[FrameMeasures],
) -> ObjectScore | None:
    """Score of one object from its scored frames, in order, and the positions of these frames in the sequence.

    None where there is nothing to score: no frame, or, in SA-V, no counted frame with the object in the truth.
    Decay is that of `summarise` for every protocol, which the official code of VOST and LVOS makes wrap in long
    clips; that of LVOS takes it over an axis of length 1, so that it means nothing.
    """
    measured = list(zip(positions, frames, strict=True))
    if protocol is Protocol.SAV:
        measured = _counted_in_sav(measured)
    if not measured:
        return None
    counted = [frame for _, frame in measured]
    scores = [FrameScore(position=position, j=frame.j, f=frame.f) for position, frame in measured]
    return ObjectScore(
        sequence=sequence,
        object=object,
        group=group,
        frames=len(counted),
        j=summarise([frame.j for frame in counted]),
        f=summarise([frame.f for frame in counted]),
        worst=min(scores, key=lambda score: score.jf),
        extras=object_extras(protocol, counted),
    )


def _counted_in_sav(measured: Sequence[tuple[int, FrameMeasures]]) -> list[tuple[int, FrameMeasures]]:
    """Frames from the first with the object in truth or prediction; none if the truth never has it.

    Source: `Evaluator` in sav_benchmark.py, whose sets of known objects grow with each frame that it is fed. For an
    object that the truth never has, it reports nothing in a folder laid out like DAVIS, and stops in one of SA-V's.
    """
    if not any(frame.in_truth for _, frame in measured):
        return []
    start = next(i for i, (_, frame) in enumerate(measured) if frame.in_truth or frame.in_prediction)
    return list(measured[start:])
