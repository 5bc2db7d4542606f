"""A run that is broken off at any moment and gone on with leaves the files of a run that never stopped."""

import json
import re
from pathlib import Path

import pytest

from tests.vos.cli.broken_off import SIZE, break_after, break_at, files
from tests.vos.cli.flat_film import COUNT, OBJECTS, call, images_and_mask, video_and_mask
from tests.vos.fake_model import ShadeModel
from tests.vos.flat_clips import clip as flat_clip
from vos.errors import WorkError
from vos.io import MaskWriter, write_mask
from vos.io.overlay_movie import OverlayWriter
from vos.resume import FOLDER, Unfinished

EXPORTS = ["--export", "overlay,soft8,prores,rle"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), WorkError("out of memory")])
@pytest.mark.parametrize(
    ("direction", "calls"),
    [("forward", 1), ("forward", 7), ("backward", 1), ("backward", 11), ("both", 7), ("both", 14), ("both", 23)],
)
def test_output_is_that_of_an_unbroken_run(
    tmp_path: Path, model: ShadeModel, direction: str, error: BaseException, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, mask = video_and_mask(tmp_path, ending="mp4")
    last = tmp_path / "last.png"
    write_mask(last, flat_clip(COUNT, OBJECTS)[-1][1])
    masks = ["--mask", mask, "--mask", f"{COUNT - 1}={last}"]
    given = ["propagate", clip, *masks, "--direction", direction, *EXPORTS, "--memory", "2", *SIZE]
    assert call(*given, "--out", tmp_path / "straight") == 0
    with monkeypatch.context() as broken:
        break_at(broken, calls, error)
        status = call(*given, "--out", tmp_path / "run")
    assert status == (130 if isinstance(error, KeyboardInterrupt) else 1)
    assert (tmp_path / "run" / FOLDER).is_dir()
    assert not list((tmp_path / "run").rglob("*.mp4")), "movies are not there before they are whole"
    assert call(*given, "--out", tmp_path / "run", "--resume") == 0
    assert files(tmp_path / "run") == files(tmp_path / "straight")
    record, straight = (json.loads((tmp_path / name / "run.json").read_text()) for name in ("run", "straight"))
    assert record["resumed_at"] == [calls]
    assert (record["outputs"], record["doubts"]) == (straight["outputs"], straight["doubts"])


@pytest.mark.parametrize(
    ("owner", "name", "calls"), [(MaskWriter, "write", 5), (OverlayWriter, "close", 0), (OverlayWriter, "write", 0)]
)
def test_a_writer_that_fails_loses_nothing(
    tmp_path: Path, model: ShadeModel, owner: type, name: str, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, mask = video_and_mask(tmp_path, ending="mp4")
    given = ["propagate", clip, "--mask", mask, *EXPORTS, *SIZE]
    assert call(*given, "--out", tmp_path / "straight") == 0
    with monkeypatch.context() as broken:
        method = break_after(calls, getattr(owner, name), WorkError("no space left"))
        broken.setattr(owner, name, lambda *arguments: method(*arguments))
        assert call(*given, "--out", tmp_path / "run") == 1
    assert call(*given, "--out", tmp_path / "run", "--resume") == 0
    assert files(tmp_path / "run") == files(tmp_path / "straight")


def test_a_run_may_be_broken_off_many_times(tmp_path: Path, model: ShadeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, mask = images_and_mask(tmp_path)
    given = ["propagate", clip, "--mask", mask, *EXPORTS, "--per-object", *SIZE]
    assert call(*given, "--out", tmp_path / "straight") == 0
    for _ in range(3):
        with monkeypatch.context() as broken:
            break_at(broken, 3, KeyboardInterrupt())
            assert call(*given, "--out", tmp_path / "run", "--resume") == 130
    assert call(*given, "--out", tmp_path / "run", "--resume") == 0
    assert files(tmp_path / "run") == files(tmp_path / "straight")
    assert len(json.loads((tmp_path / "run/run.json").read_text())["resumed_at"]) == 3


def test_what_was_done_is_not_done_again(tmp_path: Path, model: ShadeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, mask = images_and_mask(tmp_path)
    given = ["propagate", clip, "--mask", mask, "--memory", "2", "--out", tmp_path / "run", *SIZE]
    with monkeypatch.context() as broken:
        break_at(broken, 9, KeyboardInterrupt())
        call(*given)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "run/masks").iterdir()}
    model.calls.clear()
    assert call(*given, "--resume") == 0
    assert model.calls["encode_frame"] == 4 + (COUNT - 9), "remembered frames, the first in two views, and those left"
    assert {path: path.stat().st_mtime_ns for path in times} == times
    timing = json.loads((tmp_path / "run/run.json").read_text())["timing"]
    assert timing["frames"] == COUNT


def test_the_way_on_is_told(
    tmp_path: Path, model: ShadeModel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, mask = images_and_mask(tmp_path)
    given = ["propagate", clip, "--mask", mask, "--out", tmp_path / "run", "--quiet", *SIZE]
    with monkeypatch.context() as broken:
        break_at(broken, 3, KeyboardInterrupt())
        call(*given)
    assert capsys.readouterr().err == f"vos: {clip}: interrupted; the same command with --resume goes on\n"
    with monkeypatch.context() as broken:
        break_at(broken, 3, WorkError("out of memory"))
        call(*given, "--resume")
    assert capsys.readouterr().err == "vos: out of memory; the same command with --resume goes on\n"


def test_an_interruption_before_the_first_frame_leaves_the_folder_free(
    tmp_path: Path, model: ShadeModel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, mask = images_and_mask(tmp_path)
    given = ["propagate", clip, "--mask", mask, "--out", tmp_path / "run", "--quiet", *SIZE]
    with monkeypatch.context() as broken:
        break_at(broken, 0, KeyboardInterrupt())
        assert call(*given) == 130
    assert capsys.readouterr().err == f"vos: {clip}: interrupted\n"
    assert list((tmp_path / "run").iterdir()) == []
    assert call(*given) == 0


def test_resuming_what_never_began_begins_it_and_what_is_done_is_left_alone(
    tmp_path: Path, model: ShadeModel, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, mask = images_and_mask(tmp_path)
    given = ["propagate", clip, "--mask", mask, "--out", tmp_path / "run", "--resume", *SIZE]
    assert call(*given) == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}
    capsys.readouterr()
    assert call(*given) == 0
    assert f"{tmp_path / 'run'}: is done already" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")} == before


@pytest.mark.parametrize(
    ("deleted", "told"),
    [
        (["masks/s1.png"], "masks/s1.png is missing"),
        (["soft8/3/s0.png"], "soft8/3/s0.png is missing"),
        (["masks/s1.png", "masks/s0.png", "soft8/5/s2.png"], "masks/s0.png and 2 more files are missing"),
    ],
)
@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_files_of_finished_frames_that_are_gone_are_told_of(
    tmp_path: Path,
    model: ShadeModel,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    direction: str,
    deleted: list[str],
    told: str,
) -> None:
    clip, mask = images_and_mask(tmp_path)
    last = tmp_path / "last.png"
    write_mask(last, flat_clip(COUNT, OBJECTS)[-1][1])
    given = ["propagate", clip, "--mask", mask, "--mask", f"{COUNT - 1}={last}", "--direction", direction, "--quiet"]
    given += ["--export", "soft8", "--per-object", "--out", tmp_path / "run", *SIZE]
    with monkeypatch.context() as broken:
        method = break_after(9, MaskWriter.write, WorkError("no space left"))
        broken.setattr(MaskWriter, "write", lambda *arguments: method(*arguments))
        assert call(*given) == 1
    capsys.readouterr()
    kept = {name: (tmp_path / "run" / name).read_bytes() for name in deleted}
    for name in deleted:
        (tmp_path / "run" / name).unlink()
    assert call(*given, "--resume") == 2
    line = f"vos: {tmp_path / 'run'}: {told}, of frames that are done; --resume does not make them again: put them back"
    assert capsys.readouterr().err == f"{line}, or --overwrite starts again\n"
    for name, content in kept.items():
        (tmp_path / "run" / name).write_bytes(content)
    assert call(*given, "--resume") == 0


@pytest.mark.parametrize("deleted", ["masks/s4.png", "confidence.csv"])
def test_files_of_a_finished_run_that_are_gone_are_told_of(
    tmp_path: Path, model: ShadeModel, capsys: pytest.CaptureFixture[str], deleted: str
) -> None:
    clip, mask = images_and_mask(tmp_path)
    given = ["propagate", clip, "--mask", mask, "--out", tmp_path / "run", "--quiet", *SIZE]
    assert call(*given) == 0
    (tmp_path / "run" / deleted).unlink()
    assert call(*given, "--resume") == 2
    assert capsys.readouterr().err.startswith(f"vos: {tmp_path / 'run'}: {deleted} is missing, of frames that are done")
    assert call(*given, "--overwrite") == 0


def test_an_unfinished_run_is_told_of_with_the_way_on(
    tmp_path: Path, model: ShadeModel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, mask = images_and_mask(tmp_path)
    given = ["propagate", clip, "--mask", mask, "--out", tmp_path / "run", "--quiet", *SIZE]
    with monkeypatch.context() as broken:
        break_at(broken, 3, KeyboardInterrupt())
        call(*given)
    capsys.readouterr()
    assert call(*given) == 2
    assert capsys.readouterr().err == (
        f"vos: {tmp_path / 'run'}: holds a run that is not done; --resume goes on with it if this is the same run; or "
        "give another --out, or --overwrite to start again\n"
    )
    assert call(*given, "--resume") == 0


def test_the_same_files_elsewhere_are_the_same_run(
    tmp_path: Path, model: ShadeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, mask = video_and_mask(tmp_path)
    given = ["propagate", clip, "--mask", mask, "--out", tmp_path / "run", *SIZE]
    with monkeypatch.context() as broken:
        break_at(broken, 3, KeyboardInterrupt())
        call(*given)
    (tmp_path / "moved").mkdir()
    moved = [path.rename(tmp_path / "moved" / path.name) for path in (clip, mask)]
    assert call("propagate", moved[0], "--mask", moved[1], *given[4:], "--resume") == 0


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (["--memory", "1"], r"its settings.memory was 8 and is now 1"),
        (["--overlay"], r"its exports.kinds was \[\] and is now \['overlay'\]"),
        (["--frames", "0:11"], r"its frames\[1\] was 12 and is now 11"),
    ],
)
def test_another_run_is_not_gone_on_with(
    tmp_path: Path,
    model: ShadeModel,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    other: list[str],
    told: str,
) -> None:
    clip, mask = images_and_mask(tmp_path)
    given = ["propagate", clip, "--mask", mask, "--out", tmp_path / "run", *SIZE]
    with monkeypatch.context() as broken:
        break_at(broken, 3, KeyboardInterrupt())
        call(*given)
    before = files(tmp_path / "run")
    capsys.readouterr()
    assert call(*given, "--resume", *other) == 2
    assert re.search(told, capsys.readouterr().err)
    assert files(tmp_path / "run") == before
    assert call(*given, "--overwrite") == 0
    assert not (tmp_path / "run" / FOLDER).exists()


def test_two_processes_do_not_write_one_run(
    tmp_path: Path, model: ShadeModel, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, mask = images_and_mask(tmp_path)
    other = Unfinished(tmp_path / "run")
    assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *SIZE) == 2
    assert "another process is writing this run" in capsys.readouterr().err
    other.release()
    assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *SIZE) == 0


def test_contradictions_are_refused(tmp_path: Path, model: ShadeModel, capsys: pytest.CaptureFixture[str]) -> None:
    clip, mask = images_and_mask(tmp_path)
    given = ["propagate", clip, "--mask", mask, "--out", tmp_path / "run", *SIZE]
    assert call(*given, "--resume", "--overwrite") == 2
    assert "--resume --overwrite: go on, or start again?" in capsys.readouterr().err
