"""What a run has finished, one line a sequence, so that a run that was killed goes on where it stopped."""

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from vos.errors import cannot_write
from vos.jsonl import as_line, read_lines, write_lines

JOURNAL = "finished.jsonl"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A sequence whose masks are all written, and what they were made from."""

    run: str
    """Folder of the masks, relative: whose settings and model were taken."""
    sequence: str
    data_sha256: str
    """Of the frames and the true masks."""
    masks_sha256: str
    frames: int
    seconds: float
    peak_memory_mib: float
    """Highest resident memory of the worker until then."""
    peak_gpu_memory_mib: float | None


_FIELDS = {field.name for field in fields(Finished)}


def read_journal(path: Path) -> list[Finished]:
    """The lines that are whole: a kill may have torn the last one. Empty if there is no such file."""
    return [Finished(**line) for line in read_lines(path) if line.keys() == _FIELDS]


def begin_journal(path: Path, kept: Iterable[Finished]) -> None:
    """Write the entries that are still true, and no others."""
    write_lines(path, map(asdict, kept))


def append(path: Path, entry: Finished) -> None:
    """Add one line, on the disk when this returns. WorkError if it cannot be written."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(as_line(asdict(entry)))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise cannot_write(path, error) from error
