"""timestamps.csv: when each picture of an image sequence is shown."""

import csv
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from vos.errors import WorkError
from vos.io.atomic import temporary_name
from vos.types import Frame, Segmentation

COLUMNS = ("frame", "pts", "time_base", "seconds", "name")


class TimestampsWriter:
    """Sink: one line a frame with its number, exact time, and the name of its files without ending."""

    def __init__(self, path: Path, name: Callable[[Frame], str]) -> None:
        self._path = path
        self._temporary = temporary_name(path)
        self._name = name
        self._file: TextIO | None = None

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        """Raises WorkError when the file cannot be written."""
        if frame.pts is None or frame.time_base is None:
            return
        seconds = f"{float(frame.pts * frame.time_base):.9f}"
        self._row(frame.index, frame.pts, frame.time_base, seconds, self._name(frame))

    def close(self) -> None:
        if self._file is None:
            return
        try:
            self._file.close()
            self._temporary.replace(self._path)
        except OSError as error:
            raise self._failure(error) from error

    def abort(self) -> None:
        """A table of a failed run is not kept."""
        if self._file is None:
            return
        with suppress(OSError):  # a full disk: what is buffered is dropped all the same
            self._file.close()
        self._temporary.unlink(missing_ok=True)

    def _row(self, *values: object) -> None:
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._temporary.open("w", encoding="utf-8", newline="")
                self._file.write(",".join(COLUMNS) + "\n")
            csv.writer(self._file, lineterminator="\n").writerow(values)
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> WorkError:
        return WorkError(f"cannot write {self._path}: {error.strerror or error}")
