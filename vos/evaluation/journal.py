"""What a run has finished, one line a sequence, so that a run that was killed goes on where it stopped."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from vos.errors import WorkError
from vos.io.atomic import replacing

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


def read_journal(path: Path) -> list[Finished]:
    """The lines that are whole: a kill may have torn the last one. Empty if there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return []
    return [entry for line in lines if (entry := _parsed(line)) is not None]


def begin_journal(path: Path, kept: Iterable[Finished]) -> None:
    """Write the entries that are still true, and no others."""
    with replacing(path) as temporary:
        temporary.write_text("".join(_line(entry) for entry in kept), encoding="utf-8")


def append(path: Path, entry: Finished) -> None:
    """Add one line, on the disk when this returns. WorkError if it cannot be written."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(_line(entry))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise WorkError(f"cannot write {path}: {error.strerror or error}") from error


def _line(entry: Finished) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False) + "\n"


def _parsed(line: str) -> Finished | None:
    try:
        return Finished(**json.loads(line))
    except (ValueError, TypeError):
        return None
