"""Bytes that come in pieces."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from seggpt_core.errors import WorkError
from seggpt_core.parts import Broken, Damaged, arrived, part_of, receive
from tests.vos.full_disk import FullDisk

CONTENT = bytes(range(256)) * 100
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Line:
    """Brings so many bytes at each call and then breaks; the last number stays."""

    brings: list[int]
    starts: list[int] = field(default_factory=list)

    def __call__(self, start: int) -> Iterator[bytes]:
        self.starts.append(start)
        end = start + (self.brings.pop(0) if len(self.brings) > 1 else self.brings[0])
        for at in range(start, min(end, len(CONTENT)), 1000):
            yield CONTENT[at : min(at + 1000, end)]
        if end < len(CONTENT):
            raise Broken("cable pulled")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seggpt_core.parts._PAUSE_S", 0.0)


def fetch(path: Path, line: Line, digest: str = DIGEST) -> None:
    receive(path, len(CONTENT), digest, line)


def test_it_goes_on_as_long_as_something_comes(tmp_path: Path) -> None:
    line = Line([7000])
    fetch(tmp_path / "new" / "file", line)
    assert (tmp_path / "new" / "file").read_bytes() == CONTENT
    assert line.starts == [0, 7000, 14000, 21000]
    assert arrived(tmp_path / "new" / "file") == 0


def test_what_came_is_kept_for_the_next_call(tmp_path: Path) -> None:
    line = Line([7000, 0])
    with pytest.raises(Broken, match=r"0\.0 of 0\.0 MB are here: cable pulled"):
        fetch(tmp_path / "file", line)
    assert line.starts == [0, 7000, 7000, 7000]
    assert arrived(tmp_path / "file") == 7000
    assert not (tmp_path / "file").exists()
    fetch(tmp_path / "file", line := Line([len(CONTENT)]))
    assert line.starts == [7000]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_part_that_is_whole_needs_no_connection(tmp_path: Path) -> None:
    part_of(tmp_path / "file").write_bytes(CONTENT)
    fetch(tmp_path / "file", line := Line([0]))
    assert (line.starts, (tmp_path / "file").read_bytes()) == ([], CONTENT)


@pytest.mark.parametrize("kept", [b"other bytes", CONTENT + b"more"])
def test_bytes_of_another_hash_are_deleted(kept: bytes, tmp_path: Path) -> None:
    part_of(tmp_path / "file").write_bytes(kept)
    with pytest.raises(Damaged, match=rf"SHA-256 of what came is (?!{DIGEST})[0-9a-f]{{64}}, but must be {DIGEST}"):
        fetch(tmp_path / "file", Line([len(CONTENT)]))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_keeps_what_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    with monkeypatch.context() as patched:
        FullDisk(tmp_path, room=9000).use(patched)
        with pytest.raises(WorkError, match=rf"cannot write {part_of(path)}: No space left .*make room there.*goes on"):
            fetch(path, Line([len(CONTENT)]))
    assert part_of(path).read_bytes() == CONTENT[:9000]
    fetch(path, line := Line([len(CONTENT)]))
    assert (line.starts, path.read_bytes()) == ([9000], CONTENT)
