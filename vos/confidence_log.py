"""How sure a run was of each object in each frame: what an editor looks at first."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from vos.confidence_plot import Trace, confidence_plot
from vos.io.atomic import replacing
from vos.io.table import TableFile
from vos.types import Frame, Segmentation

TABLE = "confidence.csv"
PLOT = "confidence.svg"
COLUMNS = ("frame", "pts_seconds", "object", "name", "confidence", "area", "present")
UNSURE = 0.97
"""Below it a frame is worth a look. Confidence is mostly near 1: on eight DAVIS-2016 sequences this names 8 of the 17
frames with J below 0.5, and 2 of those with J above 0.7 (`benchmarks/bench_confidence.py`; chosen on these)."""


class ConfidenceWriter:
    """Sink: confidence.csv, a line an object and frame, and confidence.svg, a plot of it.

    Where no mask of an object has come yet, its line says confidence 0, area 0, absent; the plot and the doubts leave
    those frames out: there is nothing to look at.
    """

    def __init__(self, out: Path, labels: Mapping[int, str]) -> None:
        """labels: object id → name, of every object of the run."""
        self._out = out
        self._labels = labels
        self._table = TableFile(out / TABLE, COLUMNS)
        self._traces = {identity: Trace() for identity in labels}

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        """Raises WorkError when the file cannot be written."""
        areas = np.bincount(segmentation.ids.ravel(), minlength=256)
        seconds = "" if frame.pts is None or frame.time_base is None else f"{float(frame.pts * frame.time_base):.6f}"
        for identity, name in sorted(self._labels.items()):
            area, confidence = int(areas[identity]), segmentation.confidence.get(identity)
            self._table.row(frame.index, seconds, identity, name, f"{confidence or 0:.4f}", area, int(area > 0))
            if confidence is not None:
                self._traces[identity].frames.append(frame.index)
                self._traces[identity].confidence.append(confidence if area else 0.0)

    def close(self) -> None:
        self._table.close()
        if any(trace.frames for trace in self._traces.values()):
            named = {self._labels[identity]: (identity, trace) for identity, trace in self._traces.items()}
            with replacing(self._out / PLOT) as temporary:
                temporary.write_text(confidence_plot(named, UNSURE), encoding="utf-8")

    def abort(self) -> None:
        self._table.abort()

    def doubts(self) -> dict[str, list[tuple[int, int]]]:
        """Name → ranges of frames, both ends included, in which the object is unsure or lost, if any."""
        found = {self._labels[identity]: list(doubtful(trace)) for identity, trace in self._traces.items()}
        return {name: ranges for name, ranges in found.items() if ranges}


def doubtful(trace: Trace, threshold: float = UNSURE) -> Iterator[tuple[int, int]]:
    """Runs of frames, first and last, whose confidence is below `threshold`."""
    start: int | None = None
    last = -1
    for index, confidence in zip(trace.frames, trace.confidence, strict=True):
        if confidence < threshold:
            start = index if start is None else start
            last = index
        elif start is not None:
            yield start, last
            start = None
    if start is not None:
        yield start, last


def told(ranges: Sequence[tuple[int, int]], most: int = 10) -> str:
    """`12-20, 31`; after the first `most` of them `and 7 more, see confidence.csv`."""
    named = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges[:most])
    return f"{named} and {len(ranges) - most} more, see {TABLE}" if len(ranges) > most else named
