"""timestamps.csv: when each picture of an image sequence is shown."""

from collections.abc import Callable
from pathlib import Path

from vos.io.table import TableFile
from vos.types import Frame, Segmentation

COLUMNS = ("frame", "pts", "time_base", "seconds", "name")


class TimestampsWriter:
    """Sink: one line a frame with its number, exact time, and the name of its files without ending."""

    def __init__(self, path: Path, name: Callable[[Frame], str]) -> None:
        self._table = TableFile(path, COLUMNS)
        self._name = name

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        """Raises WorkError when the file cannot be written."""
        if frame.pts is None or frame.time_base is None:
            return
        seconds = f"{float(frame.pts * frame.time_base):.9f}"
        self._table.row(frame.index, frame.pts, frame.time_base, seconds, self._name(frame))

    def close(self) -> None:
        self._table.close()

    def abort(self) -> None:
        self._table.abort()
