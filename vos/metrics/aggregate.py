"""From values per frame to figures per object and per data set, by the DAVIS protocol."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vos.errors import InputError

BINS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """One measure of one object over its scored frames; every figure is a fraction, not a percentage."""

    mean: float
    recall: float
    """Fraction of frames whose value exceeds 0.5."""
    decay: float
    """Mean of the first quarter minus mean of the last: what is lost over the clip."""


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
    object_id: int
    frames: int
    """Scored frames."""
    j: Summary
    f: Summary
    worst: FrameScore
    """Of all its scored frames the first with the lowest J&F."""

    @property
    def jf(self) -> float:
        return (self.j.mean + self.f.mean) / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Means over objects, unrounded fractions. The field names are those of every report."""

    JF: float
    J_mean: float
    J_recall: float
    J_decay: float
    F_mean: float
    F_recall: float
    F_decay: float


def summarise(values: Sequence[float] | npt.NDArray[np.float64]) -> Summary:
    """Mean, recall and decay of one object's values in the order of its scored frames.

    Decay compares the first and the last of four bins whose edges are round(linspace(1, n, 5) + 1e-10) − 1,
    inclusive at both ends (`db_statistics` of davis2017-evaluation). There the edges are cast to uint8 and
    wrap in clips of more than 256 frames; that is not copied here.

    InputError if there is no value.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise InputError("no scored frame: a sequence needs at least one frame between its first and its last")
    edges = (np.round(np.linspace(1, array.size, BINS + 1) + 1e-10) - 1).astype(np.int64)
    first, last = array[edges[0] : edges[1] + 1], array[edges[-2] : edges[-1] + 1]
    return Summary(
        mean=float(array.mean()), recall=float((array > 0.5).mean()), decay=float(first.mean() - last.mean())
    )


def mean_over_objects(objects: Sequence[ObjectScore]) -> Totals:
    """Every object counts the same, however many frames or neighbours it has; J&F = (J + F) / 2.

    This is the rule of DAVIS 2017, and that of DAVIS 2016 (mean over sequences) where each sequence has one
    object. InputError if there is no object.
    """
    if not objects:
        raise InputError("no object to average over")
    j = _mean_summary([score.j for score in objects])
    f = _mean_summary([score.f for score in objects])
    return Totals(
        JF=(j.mean + f.mean) / 2,
        J_mean=j.mean,
        J_recall=j.recall,
        J_decay=j.decay,
        F_mean=f.mean,
        F_recall=f.recall,
        F_decay=f.decay,
    )


def _mean_summary(summaries: Sequence[Summary]) -> Summary:
    rows = np.array([(summary.mean, summary.recall, summary.decay) for summary in summaries])
    mean, recall, decay = rows.mean(axis=0).tolist()
    return Summary(mean=mean, recall=recall, decay=decay)
