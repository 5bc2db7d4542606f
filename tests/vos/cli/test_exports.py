"""`vos propagate --export`, with the fake model."""

import csv
import json
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest

from tests.vos.cli.flat_film import COUNT, OBJECTS, call, images_and_mask, video_and_mask
from tests.vos.made_files import read_times
from vos.io import read_mask
from vos.io.audio import AudioTracks

SIZE = ("--size", "64x96", "--quiet")


pytestmark = pytest.mark.usefixtures("model")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def pixels(path: Path) -> np.ndarray:
    with PIL.Image.open(path) as picture:
        return np.asarray(picture)


def test_mattes_lie_beside_masks_under_their_names(tmp_path: Path):
    clip, mask = images_and_mask(tmp_path)
    out = tmp_path / "run"
    assert call("propagate", clip, "--mask", mask, "--out", out, "--export", "soft8,soft16,rgba,exr", *SIZE) == 0
    stems = [f"s{index}" for index in range(COUNT)]
    expected = [f"{kind}/{stem}.png" for kind in ("masks", "soft8", "soft16", "rgba") for stem in stems]
    expected += [f"exr/{stem}.exr" for stem in stems]
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
    options = ["--export", "soft8", "--per-object", "--frames", "0:3", "--refine", "none"]
    assert call("propagate", clip, "--mask", mask, "--out", out, *options, *SIZE) == 0
    assert files(out / "soft8") == [f"{one}/s{index}.png" for one in OBJECTS for index in range(3)]
    for one in OBJECTS:
        np.testing.assert_array_equal(pixels(out / f"soft8/{one}/s0.png"), 255 * (read_mask(mask) == one))


def test_movies_and_run_lengths_have_the_clips_name_in_a_folder_an_object(tmp_path: Path):
    clip, mask = video_and_mask(tmp_path)
    out = tmp_path / "run"
    options = ["--export", "prores,vp9,ffv1,qtrle,rle,soft8", "--per-object", "--names", "3=cat,5=dog"]
    assert call("propagate", clip, "--mask", mask, "--out", out, *options, *SIZE) == 0
    endings = {"prores": "mov", "vp9": "webm", "ffv1": "mkv", "qtrle": "mov", "rle": "json"}
    movies = [f"{kind}/{name}/clip.{ending}" for kind, ending in endings.items() for name in ("cat", "dog")]
    outputs = json.loads((out / "run.json").read_text())["outputs"]
    assert sorted(outputs) == files(out)
    assert set(movies) <= set(outputs)
    for name in ("cat", "dog"):
        with av.open(str(out / f"prores/{name}/clip.mov")) as container:
            pictures = [one.to_ndarray(format="rgba", threads=1)[..., 3] for one in container.decode(video=0)]
        assert len(pictures) == COUNT
        for index, picture in enumerate(pictures):
            assert np.abs(picture.astype(int) - pixels(out / f"soft8/{name}/{index:05d}.png")).max() <= 1
    (category,) = json.loads((out / "rle/dog/clip.json").read_text())["categories"]
    assert category == {"id": 5, "name": "dog"}


def test_edges_are_those_asked_for_and_masks_stay(tmp_path: Path):
    clip, mask = images_and_mask(tmp_path)
    run = ["propagate", clip, "--mask", mask, "--export", "soft8", "--frames", "0:2", *SIZE]
    assert call(*run, "--out", tmp_path / "plain", "--refine", "none") == 0
    assert call(*run, "--out", tmp_path / "grown", "--refine", "none", "--grow", "2") == 0
    assert call(*run, "--out", tmp_path / "soft", "--refine", "none", "--shrink", "1", "--feather", "3") == 0
    plain, grown, soft = (pixels(tmp_path / name / "soft8/s0.png") for name in ("plain", "grown", "soft"))
    assert (grown >= plain).all()
    assert (grown > 0).sum() > (plain > 0).sum()
    assert len(np.unique(soft)) > 10
    for name in ("grown", "soft"):
        for file in files(tmp_path / "plain/masks"):
            assert (tmp_path / name / "masks" / file).read_bytes() == (tmp_path / "plain/masks" / file).read_bytes()
    assert json.loads((tmp_path / "grown/run.json").read_text())["exports"]["edges"]["grow"] == 2


def test_an_overlay_goes_without_sound_that_cannot_be_copied_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    clip, mask = video_and_mask(tmp_path)
    monkeypatch.setattr("vos.io.audio.find_audio", lambda info: AudioTracks(path=info.path, left_out=("vorbis",)))
    assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", "--overlay", "--size", "64x96") == 0
    assert "sound in vorbis cannot be copied into MP4: the overlay goes without it" in capsys.readouterr().err


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
        (["--export", "soft8", "--refine", "trimap"], "--refine trimap: must be guided"),
        (["--export", "soft8", "--grow", "1", "--shrink", "1"], "--grow 1 --shrink 1: give one of them"),
        (["--export", "soft8", "--feather", "-1"], "--feather -1: must be a number of pixels"),
        (["--start-number", "1"], "--start-number 1: for --export"),
    ],
)
def test_what_cannot_be_exported_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
):
    clip, mask = images_and_mask(tmp_path)
    assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *options, *SIZE) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
