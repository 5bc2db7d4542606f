"""A disk that fills up loses nothing that was done: one line tells what to do, and --resume goes on."""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.vos.cli.broken_off import SIZE, files
from tests.vos.cli.flat_film import call, loader, said, video_and_mask
from tests.vos.fake_model import ShadeModel
from tests.vos.full_disk import FULL, FullDisk
from vos.io.atomic import temporary_name
from vos.resume import FOLDER

Straight = Callable[..., tuple[list[object], dict[str, bytes]]]


@pytest.fixture(scope="module")
def straight_run(tmp_path_factory: pytest.TempPathFactory) -> Straight:
    """Called with options, gives the command without its --out, and the files that it writes where there is room."""

    @cache
    def run(*options: str) -> tuple[list[object], dict[str, bytes]]:
        folder = tmp_path_factory.mktemp("straight")
        clip, mask = video_and_mask(folder, ending="mp4")
        given = ["propagate", clip, "--mask", mask, *options, *SIZE, "--quiet"]
        with pytest.MonkeyPatch.context() as fake:
            fake.setattr("vos.models.build_model", loader())
            assert call(*given, "--out", folder / "run") == 0
        return given, files(folder / "run")

    return run


def require_whole(out: Path, straight: dict[str, bytes]) -> None:
    """What lies under a final name is what an unbroken run writes there; nothing half-written is left beside it."""
    for name, content in files(out).items():
        if not name.startswith(FOLDER):
            assert content == straight[name], name


def told(out: Path, name: str) -> str:
    """The one line, as a pattern."""
    why = re.escape("No space left on device (make room there); the same command with --resume goes on")
    return f"vos: cannot write {re.escape(str(out))}/{name}: {why}"


@pytest.mark.parametrize("direction", ["forward", "both"])
@pytest.mark.parametrize("room", [23_000, 50_000, 140_000])
def test_what_was_done_is_whole_and_gone_on_with(
    tmp_path: Path,
    model: ShadeModel,
    straight_run: Straight,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    direction: str,
    room: int,
) -> None:
    given, straight = straight_run("--export", "soft8,rgba,rle", "--memory", "2", "--direction", direction)
    out = tmp_path / "run"
    disk = FullDisk(folder=out, room=room)
    with monkeypatch.context() as full:
        disk.use(full)
        assert call(*given, "--out", out) == 1
    assert disk.room == 0
    assert re.fullmatch(told(out, r"\S+"), said(capsys))
    require_whole(out, straight)
    assert call(*given, "--out", out, "--resume") == 0
    assert files(out) == straight


@pytest.mark.parametrize(
    ("part", "name", "room"),
    [
        ("masks/", r"masks/00003\.png", 3_000),
        ("soft8/", r"soft8/00004\.png", 900),
        ("confidence.csv", r"confidence\.csv", 300),
        ("clip.json", r"rle/clip\.json", 300),
        ("journal.jsonl", rf"{FOLDER}/forward/journal\.jsonl", 900),
        ("/frames/", rf"{FOLDER}/forward/frames/2\.npz", 30_000),
    ],
)
def test_the_file_that_has_no_room_is_named(
    tmp_path: Path,
    model: ShadeModel,
    straight_run: Straight,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    part: str,
    name: str,
    room: int,
) -> None:
    given, straight = straight_run("--export", "soft8,rgba,rle", "--memory", "2")
    out = tmp_path / "run"
    with monkeypatch.context() as full:
        FullDisk(folder=out, room=room, part=part).use(full)
        assert call(*given, "--out", out) == 1
    line = said(capsys)
    assert re.fullmatch(told(out, name), line)
    require_whole(out, straight)
    record = json.loads((out / "run.json").read_text())
    assert record["status"] == "failed"
    assert "No space left on device" in record["error"]
    assert call(*given, "--out", out, "--resume") == 0
    assert files(out) == straight


@pytest.mark.parametrize("name", ["overlay.mp4", "prores/clip.mov", "vp9/clip.webm", "ffv1/clip.mkv"])
def test_libraries_that_write_by_themselves_find_the_disk_full_too(
    tmp_path: Path, model: ShadeModel, straight_run: Straight, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    if not FULL.exists():
        pytest.skip(f"{FULL} is a device of Linux")
    given, straight = straight_run("--export", re.split(r"[./]", name)[0])
    out = tmp_path / "run"
    part = temporary_name(out / name)
    part.parent.mkdir(parents=True)
    part.symlink_to(FULL)
    assert call(*given, "--out", out) == 1
    assert re.fullmatch(told(out, re.escape(name)), said(capsys))
    require_whole(out, straight)
    part.unlink(missing_ok=True)
    assert call(*given, "--out", out, "--resume") == 0
    assert files(out) == straight


def test_a_disk_that_is_full_already_refuses_the_run_and_leaves_nothing(
    tmp_path: Path,
    model: ShadeModel,
    straight_run: Straight,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given, straight = straight_run()
    out = tmp_path / "run"
    with monkeypatch.context() as full:
        FullDisk(folder=out, room=100).use(full)
        assert call(*given, "--out", out) == 2
    assert said(capsys) == f"vos: cannot write {out}/run.json: No space left on device (make room there)"
    assert list(out.iterdir()) == []
    assert call(*given, "--out", out) == 0
    assert files(out) == straight


def test_paths_that_cannot_be_written_are_refused(
    tmp_path: Path, model: ShadeModel, straight_run: Straight, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, mask = video_and_mask(tmp_path)
    given = ["propagate", clip, "--mask", mask, "--export", "soft8", *SIZE, "--out"]
    name = "x" * 300
    for more in ([], ["--resume"], ["--overwrite"]):
        assert call(*given, tmp_path / name, *more) == 2
        assert said(capsys) == f"vos: cannot write {tmp_path / name}: File name too long (choose another place)"
        assert call(*given, mask / "run", *more) == 2
        assert said(capsys) == f"vos: cannot write {mask}/run/{FOLDER}: Not a directory (choose another place)"
    (tmp_path / "run").mkdir()
    (tmp_path / "run/soft8").touch()
    assert call(*given, tmp_path / "run") == 2
    assert said(capsys) == f"vos: {tmp_path}/run/soft8: is a file, where files of the run must go; move it away"
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["soft8"]
