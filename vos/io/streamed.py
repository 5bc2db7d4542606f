"""Text files that are written line by line and appear whole, or not at all."""

from contextlib import suppress
from pathlib import Path
from typing import TextIO

from vos.errors import cannot_write
from vos.io.atomic import temporary_name


class StreamedText:
    """A text file under a temporary name until it is finished; nothing is made before the first text."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = temporary_name(path)
        self._file: TextIO | None = None

    @property
    def begun(self) -> bool:
        return self._file is not None

    def write(self, text: str) -> None:
        """Raises WorkError when it cannot be written."""
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._temporary.open("w", encoding="utf-8", newline="")
            self._file.write(text)
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def finish(self) -> None:
        """Give the file its name, if it was begun."""
        if self._file is None:
            return
        try:
            self._file.close()
            self._temporary.replace(self._path)
        except OSError as error:
            self._temporary.unlink(missing_ok=True)
            raise cannot_write(self._path, error) from error

    def drop(self) -> None:
        """Leave no file."""
        if self._file is None:
            return
        with suppress(OSError):  # a full disk: what is buffered is dropped all the same
            self._file.close()
        self._temporary.unlink(missing_ok=True)
