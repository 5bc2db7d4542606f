"""A CSV file that grows line by line under a temporary name and appears whole."""

import csv
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from vos.errors import WorkError
from vos.io.atomic import temporary_name


class TableFile:
    """Opened with its first row: a table without rows is no file."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._path = path
        self._temporary = temporary_name(path)
        self._columns = columns
        self._file: TextIO | None = None

    def row(self, *values: object) -> None:
        """Raises WorkError when the file cannot be written."""
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._temporary.open("w", encoding="utf-8", newline="")
                self._file.write(",".join(self._columns) + "\n")
            csv.writer(self._file, lineterminator="\n").writerow(values)
        except OSError as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """Put it under its final name."""
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

    def _failure(self, error: OSError) -> WorkError:
        return WorkError(f"cannot write {self._path}: {error.strerror or error}")
