"""What some benchmarks report of an object besides J and F."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from math import sqrt

import numpy as np

from vos.metrics.frames import FrameMeasures
from vos.metrics.protocols import Protocol
from vos.metrics.summary import summarise


def object_extras(protocol: Protocol, frames: Sequence[FrameMeasures]) -> dict[str, float]:
    """The protocol's extra figures of one object from its counted frames, at least one, in order; most have none."""
    extras = _EXTRAS.get(protocol)
    return {} if extras is None else extras(frames)


def variability(jf: Sequence[float]) -> float:
    """V of LVOS: the standard deviation of J&F over frames.

    As in `db_statistics_var` of lvos-evaluation, the variance is rounded to four decimals before the root is
    taken, so that V comes in coarse steps: 0, 0.01, 0.0141, 0.0173, ….
    """
    values = np.asarray(jf, dtype=np.float64)
    variance = ((values.mean() - values) ** 2).sum() / values.size
    return sqrt(float(np.round(variance, 4)))


def _lvos(frames: Sequence[FrameMeasures]) -> dict[str, float]:
    return {"V": variability([(frame.j + frame.f) / 2 for frame in frames])}


def _vost(frames: Sequence[FrameMeasures]) -> dict[str, float]:
    """J over the last quarter, from frame floor(0.75 · n) on: `evaluate` of VOST's evaluation.py."""
    last = summarise([frame.j for frame in frames[3 * len(frames) // 4 :]])
    return {"J_last_mean": last.mean, "J_last_recall": last.recall, "J_last_decay": last.decay}


def _mosev2(frames: Sequence[FrameMeasures]) -> dict[str, float]:
    """F with the diagonal's radius, and J&F while the object is gone and after it came back.

    As in `merge_chunk_results` of MOSE-api's score.py, the frames are cut wherever the object leaves or enters the
    truth. The first stretch is neither; each later one counts the same, however long it is.
    """
    f_diagonal = _mean([frame.f_diagonal for frame in frames])
    extras = {"F_diagonal_mean": f_diagonal, "JF_diagonal": (_mean([frame.j for frame in frames]) + f_diagonal) / 2}
    later = list(_stretches(frames))[1:]
    for name, visible in (("JF_disappear", False), ("JF_reappear", True)):
        scores = [_jf(stretch) for stretch in later if stretch[0].in_truth is visible]
        if scores:
            extras[name] = _mean(scores)
    return extras


def _stretches(frames: Sequence[FrameMeasures]) -> Iterator[list[FrameMeasures]]:
    """Runs of frames with the object in the truth, or without it."""
    for _, run in groupby(frames, key=lambda frame: frame.in_truth):
        yield list(run)


def _jf(frames: Sequence[FrameMeasures]) -> float:
    return (_mean([frame.j for frame in frames]) + _mean([frame.f for frame in frames])) / 2


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


_EXTRAS: dict[Protocol, Callable[[Sequence[FrameMeasures]], dict[str, float]]] = {
    Protocol.LVOS: _lvos,
    Protocol.VOST: _vost,
    Protocol.MOSEV2: _mosev2,
}
