"""Disks that fill up: as far as Python writes to them, and by the system's own means where FFmpeg does."""

import builtins
import errno
import io
import os
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

FULL = Path("/dev/full")
"""Takes nothing: every write to it fails for want of space. Linux has it."""


@dataclass
class FullDisk:
    """Has room for so many bytes of the files below `folder` whose names contain `part`. Of what is written then, as
    much as fits is there, and the rest fails as it does when a system has no space."""

    folder: Path
    room: int
    part: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    """Of `room`: two threads of a run write at once."""

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = builtins.open

        def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            if not self._counts(file) or set(mode).isdisjoint("wax+"):
                return real(file, mode, *arguments, **options)
            raw = _Counted(self, str(file), mode.replace("b", ""))
            buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return buffered if "b" in mode else io.TextIOWrapper(buffered, "utf-8", newline=options.get("newline"))

        monkeypatch.setattr(builtins, "open", opened)
        monkeypatch.setattr(io, "open", opened)

    def take(self, wanted: int, write: Callable[[int], int]) -> int:
        """Have `write` write as many of `wanted` bytes as there is room for; returns what it says it wrote."""
        with self._lock:
            if wanted and not self.room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written = write(min(wanted, self.room))
            self.room -= written
            return written

    def _counts(self, file: Any) -> bool:
        return isinstance(file, str | Path) and self.folder in Path(file).parents and self.part in str(file)


class _Counted(io.FileIO):
    def __init__(self, disk: FullDisk, path: str, mode: str) -> None:
        super().__init__(path, mode)
        self._disk = disk

    def write(self, data: Any) -> int:
        whole = bytes(data)
        return self._disk.take(len(whole), lambda size: super(_Counted, self).write(whole[:size]))


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system refuses to let any file grow beyond so many bytes, as some file systems do."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
