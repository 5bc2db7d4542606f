"""A CSV file that grows line by line under a temporary name and appears whole."""

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from vos.io.streamed import StreamedText


class TableFile:
    """Opened with its first row: a table without rows is no file."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._file = StreamedText(path)
        self._columns = columns

    def row(self, *values: object) -> None:
        """Raises WorkError when the file cannot be written."""
        if not self._file.begun:
            self._file.write(",".join(self._columns) + "\n")
        line = StringIO()
        csv.writer(line, lineterminator="\n").writerow(values)
        self._file.write(line.getvalue())

    def close(self) -> None:
        """Put it under its final name."""
        self._file.finish()

    def abort(self) -> None:
        """A table of a failed run is not kept."""
        self._file.drop()
