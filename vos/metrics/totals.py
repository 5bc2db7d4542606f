"""From scores of objects to those of a data set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vos.errors import InputError
from vos.metrics.objects import ObjectScore


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Means over objects, or over groups of objects: unrounded fractions. The names are those of every report."""

    JF: float
    J_mean: float
    J_recall: float
    J_decay: float
    F_mean: float
    F_recall: float
    F_decay: float
    extras: Mapping[str, float] = field(default_factory=dict)
    """Further figures by name, none of them one of the above."""

    @property
    def figures(self) -> dict[str, float]:
        """Every figure by name: first those that all benchmarks have, then the extras."""
        return {**{name: getattr(self, name) for name in ("JF", *_MEASURES)}, **self.extras}


_MEASURES = ("J_mean", "J_recall", "J_decay", "F_mean", "F_recall", "F_decay")


def overall(objects: Sequence[ObjectScore]) -> Totals:
    """The data set's score: the mean over objects, or, where they have groups, the mean over the groups' means.

    The latter is the rule of LVOS (`evaluation_method.py` of lvos-evaluation) and of YouTube-VOS: JF is the mean of
    J and F over seen and unseen, and `extras` tells these four, or the two of the one group that there is. Extras of
    objects are averaged alike, over the objects and groups that have them; LVOS has `V`, `V_seen` and `V_unseen`.

    InputError if there is no object, or if some have a group and others none.
    """
    groups = _by_group(objects)
    if not groups:
        return mean_over_objects(objects)
    means = {group: mean_over_objects(members) for group, members in groups.items()}
    return _totals({**_split(means), **_mean_figures(mean.figures for mean in means.values())})


def mean_over_objects(objects: Sequence[ObjectScore]) -> Totals:
    """Every object counts the same, whatever its group, its frames or its neighbours; J&F = (J + F) / 2.

    This is the rule of DAVIS 2017, and that of DAVIS 2016 (mean over sequences) where each sequence has one
    object. An extra is averaged over the objects that have it. InputError if there is no object.
    """
    if not objects:
        raise InputError("no object to average over")
    return _totals(_mean_figures(_figures(score) for score in objects))


def _by_group(objects: Sequence[ObjectScore]) -> dict[str, list[ObjectScore]]:
    """Objects of each group, in the order of the groups' names; empty if none has one."""
    names = sorted({score.group for score in objects if score.group is not None})
    for score in objects:
        if names and score.group is None:
            raise InputError(f"{score.sequence}, object {score.object}, has no group; others are {' or '.join(names)}")
    return {name: [score for score in objects if score.group == name] for name in names}


def _split(means: Mapping[str, Totals]) -> dict[str, float]:
    """Each group's J, F and extras, the group's name at their end."""
    split: dict[str, float] = {}
    for group, mean in means.items():
        figures = {"J": mean.J_mean, "F": mean.F_mean, **mean.extras}
        split |= {f"{name}_{group}": figure for name, figure in figures.items()}
    return split


def _figures(score: ObjectScore) -> dict[str, float]:
    j, f = score.j, score.f
    values = (j.mean, j.recall, j.decay, f.mean, f.recall, f.decay)
    return {**dict(zip(_MEASURES, values, strict=True)), **score.extras}


def _mean_figures(rows: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Mean of every figure over the rows that have it."""
    columns: dict[str, list[float]] = {}
    for row in rows:
        for name, figure in row.items():
            columns.setdefault(name, []).append(figure)
    return {name: float(np.mean(values)) for name, values in columns.items()}


def _totals(figures: Mapping[str, float]) -> Totals:
    """Of figures by name; JF is made anew from J and F."""
    extras = {name: figure for name, figure in figures.items() if name not in ("JF", *_MEASURES)}
    jf = (figures["J_mean"] + figures["F_mean"]) / 2
    return Totals(JF=jf, **{name: figures[name] for name in _MEASURES}, extras=extras)
