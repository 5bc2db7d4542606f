"""`vos propagate --export`, with the fake model."""

import csv
import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.vos.cli.flat_film import COUNT, OBJECTS, call, images_and_mask, loader, video_and_mask
from tests.vos.fake_model import ShadeModel
from tests.vos.made_files import read_times
from vos.io import read_mask

SIZE = ("--size", "64x96", "--quiet")


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> ShadeModel:
    """The fake model in the place of every real one."""
    shade = ShadeModel()
    monkeypatch.setattr("vos.models.build_model", loader(shade))
    return shade


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def pixels(path: Path) -> np.ndarray:
    with PIL.Image.open(path) as picture:
        return np.asarray(picture)


def test_mattes_lie_beside_masks_under_their_names(tmp_path: Path):
    clip, mask = images_and_mask(tmp_path)
    out = tmp_path / "run"
    assert call("propagate", clip, "--mask", mask, "--out", out, "--export", "soft8,soft16,rgba", *SIZE) == 0
    stems = [f"s{index}" for index in range(COUNT)]
    expected = [f"{kind}/{stem}.png" for kind in ("masks", "soft8", "soft16", "rgba") for stem in stems]
    assert files(out) == sorted([*expected, "confidence.csv", "confidence.svg", "run.json"])
    assert sorted(json.loads((out / "run.json").read_text())["outputs"]) == files(out)
    for stem in stems:
        soft8, soft16, rgba = (pixels(out / kind / f"{stem}.png") for kind in ("soft8", "soft16", "rgba"))
        assert np.abs(soft16 / 65535 - soft8 / 255).max() <= 0.51 / 255
        np.testing.assert_array_equal(rgba[..., 3], soft8)
        np.testing.assert_array_equal(rgba[..., :3], pixels(clip / f"{stem}.png"))
        ids = read_mask(out / "masks" / f"{stem}.png")
        assert ((soft8 > 127) == (ids > 0)).mean() > 0.97


def test_masks_are_the_same_with_mattes_and_without(tmp_path: Path):
    clip, mask = images_and_mask(tmp_path)
    assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "one", *SIZE) == 0
    assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "two", "--export", "soft8", *SIZE) == 0
    for name in files(tmp_path / "one/masks"):
        assert (tmp_path / "one/masks" / name).read_bytes() == (tmp_path / "two/masks" / name).read_bytes()


def test_an_object_has_its_own_mattes(tmp_path: Path):
    clip, mask = images_and_mask(tmp_path)
    out = tmp_path / "run"
    options = ["--export", "soft8", "--per-object", "--frames", "0:3"]
    assert call("propagate", clip, "--mask", mask, "--out", out, *options, *SIZE) == 0
    assert files(out / "soft8") == [f"{one}/s{index}.png" for one in OBJECTS for index in range(3)]
    for one in OBJECTS:
        np.testing.assert_array_equal(pixels(out / f"soft8/{one}/s0.png"), 255 * (read_mask(mask) == one))


def test_sequences_of_a_video_have_numbers_and_times(tmp_path: Path):
    clip, mask = video_and_mask(tmp_path, first=4)
    out = tmp_path / "run"
    options = ["--export", "soft8,rgba", "--start-number", "1001", "--frames", "4:7", "--alpha", "premultiplied"]
    assert call("propagate", clip, "--mask", mask, "--out", out, *options, *SIZE) == 0
    names = ["1001", "1002", "1003"]
    assert files(out / "soft8") == files(out / "rgba") == [f"{name}.png" for name in names]
    assert files(out / "masks") == ["00004.png", "00005.png", "00006.png"]
    with (out / "timestamps.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert [(row["frame"], row["name"]) for row in rows] == [("4", "1001"), ("5", "1002"), ("6", "1003")]
    np.testing.assert_allclose([float(row["seconds"]) for row in rows], read_times(clip)[4:7], rtol=0, atol=1e-9)
    rgba = pixels(out / "rgba/1002.png")
    assert (rgba[..., :3] <= rgba[..., 3:]).all()
    assert "timestamps.csv" in json.loads((out / "run.json").read_text())["outputs"]


def test_overwriting_deletes_every_export_of_the_old_run(tmp_path: Path):
    clip, mask = video_and_mask(tmp_path)
    out = tmp_path / "run"
    run = ["propagate", clip, "--mask", mask, "--out", out, *SIZE]
    assert call(*run, "--export", "overlay,soft8", "--per-object") == 0
    (out / "soft8/3/mine.png").touch()
    assert call(*run, "--overwrite", "--export", "rgba", "--frames", "0:1") == 0
    written = ["masks/00000.png", "rgba/00000.png", "run.json", "soft8/3/mine.png", "timestamps.csv"]
    assert files(out) == ["confidence.csv", "confidence.svg", *written]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--export", "tiff"], "--export tiff: no kind 'tiff'"),
        (["--export", "soft8", "--alpha", "both"], "--alpha both: must be straight or premultiplied"),
        (["--start-number", "1"], "--start-number 1: is for --export"),
    ],
)
def test_what_cannot_be_exported_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
):
    clip, mask = images_and_mask(tmp_path)
    assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *options, *SIZE) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
