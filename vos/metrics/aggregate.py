"""From values per frame to figures per object and per data set, by the DAVIS protocol."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vos.errors import InputError
from vos.metrics.objects import FrameScore
from vos.metrics.summary import Summary


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
