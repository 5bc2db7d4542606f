from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.vos.cli.flat_film import call
from tests.vos.made_files import VARIABLE_TIMES, numbered, write_images, write_video
from vos.io import write_mask


def facts(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert call("info", path) == 0
    lines = capsys.readouterr().out.splitlines()
    return {name.strip(): value for name, value in (line.split("  ", 1) for line in lines)} | {}


def trimmed(values: dict[str, str]) -> dict[str, str]:
    return {name: value.strip() for name, value in values.items() if name != "path"}


def test_a_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = write_video(tmp_path / "clip.mp4", numbered(10), VARIABLE_TIMES, turn=(-90.0, False))
    assert trimmed(facts(path, capsys)) == {
        "kind": "video (h264, yuv420p)",
        "size": "48x64 (width x height)",
        "frames": "10",
        "rate": "7.5 frames/s (15/2), on average: the rate varies",
        "rotation": "90 degrees clockwise",
        "colour": "BT.601 (assumed: it is not tagged), limited range",
    }


def test_a_video_with_a_gap(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = write_video(tmp_path / "clip.mkv", numbered(6), [0, 40, 80, 160, 200, 240])
    assert call("info", path) == 0
    assert "pictures lost  before frames 3\n" in capsys.readouterr().out


def test_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = write_images(tmp_path / "clip", ["a.png", "b.png"], numbered(2))
    found = trimmed(facts(folder, capsys))
    assert (found["kind"], found["size"], found["frames"]) == ("images (png, RGB)", "64x48 (width x height)", "2")


def test_a_mask(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    ids = np.zeros((10, 20), np.uint8)
    ids[:2, :3], ids[5, :4] = 2, 254
    write_mask(tmp_path / "mask.png", ids)
    assert trimmed(facts(tmp_path / "mask.png", capsys)) == {
        "kind": "mask",
        "size": "20x10 (width x height)",
        "ids": "2 (6 pixels), 254 (4 pixels)",
    }


def test_void_and_empty_masks(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    PIL.Image.fromarray(np.array([[0, 1, 255]], np.uint8)).save(tmp_path / "void.png")
    assert trimmed(facts(tmp_path / "void.png", capsys))["void"] == "1 pixels"
    write_mask(tmp_path / "empty.png", np.zeros((2, 2), np.uint8))
    assert trimmed(facts(tmp_path / "empty.png", capsys))["ids"] == "none: the mask is empty"


def test_a_picture_that_is_no_mask(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    image = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    folder = write_images(tmp_path, ["a.png"], [image])
    found = trimmed(facts(folder / "a.png", capsys))
    assert (found["size"], found["frames"]) == ("6x4 (width x height)", "1")
    assert found["mask"].startswith("no (")


def test_no_such_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert call("info", tmp_path / "nothing") == 2
    assert capsys.readouterr().err == f"vos: {tmp_path / 'nothing'}: no such file or folder\n"
