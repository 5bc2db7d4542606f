"""A file that comes over a connection which may break: what came is kept, and the next try goes on behind it."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from seggpt_core.errors import WorkError, cannot_write
from seggpt_core.files import sha256

BytesFrom = Callable[[int], Iterator[bytes]]
"""Opens the remote file at a byte and yields what follows, in order. Raises Broken where the connection does."""

_TRIES = 3
"""So many in a row may bring nothing."""
_PAUSE_S = 1.0
"""Before another try."""


class Broken(Exception):
    """The connection broke, or none came about; the message says why."""


class Damaged(Exception):
    """What came is not what was announced; the message names both hashes."""


def part_of(path: Path) -> Path:
    """Where the first bytes of `path` lie until it is whole. `hf cache` knows this ending and can clear such files."""
    return path.with_name(f"{path.name}.incomplete")


def arrived(path: Path) -> int:
    """How many bytes of `path` an earlier try left."""
    part = part_of(path)
    return part.stat().st_size if part.is_file() else 0


def receive(path: Path, size: int, expected: str, bytes_from: BytesFrom) -> None:
    """Make `path` out of what an earlier try left and what `bytes_from` brings; it appears whole or not at all.

    size: of the whole file in bytes. expected: its SHA-256. One process at a time may call this for a path.
    Raises Broken once several tries in a row bring nothing, WorkError for a full disk, Damaged for other bytes.
    What came stays for the next call, except bytes of another hash: no further ones would mend them.
    """
    part = part_of(path)
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as file:
            _fill(file, size, bytes_from)
    except OSError as error:
        raise WorkError(f"{cannot_write(part, error)}; run it again then, and it goes on where it stopped") from error
    _require(part, expected)
    os.replace(part, path)


def _fill(file: BinaryIO, size: int, bytes_from: BytesFrom) -> None:
    fruitless = 0
    while (before := file.tell()) < size:
        reason = "it ended early"
        try:
            for piece in bytes_from(before):
                file.write(piece)
        except Broken as error:
            reason = str(error)
        fruitless = fruitless + 1 if file.tell() == before else 0
        if fruitless == _TRIES:
            raise Broken(f"{before / 1e6:.1f} of {size / 1e6:.1f} MB are here: {reason}")
        if file.tell() < size:
            time.sleep(_PAUSE_S)


def _require(part: Path, expected: str) -> None:
    found = sha256(part)
    if found != expected:
        part.unlink()
        raise Damaged(f"SHA-256 of what came is {found}, but must be {expected}: damaged on the way or tampered with")
