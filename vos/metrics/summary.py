"""From one object's values per frame to mean, recall and decay."""

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
