import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.tolerances import SOURCE_TIME_SECONDS
from tests.vos.cli.flat_film import COUNT, call, images_and_mask, names, said, video_and_mask
from tests.vos.fake_model import ShadeModel
from tests.vos.flat_clips import clip as flat_clip
from tests.vos.made_files import read_times, write_images
from vos.guided import Guided
from vos.io import read_mask, write_mask
from vos.types import Frame, Segmentation

ROOT = Path(__file__).parents[3]
SIZE = ("--size", "64x96")


pytestmark = pytest.mark.usefixtures("model")


class TestResults:
    def test_a_mask_for_every_frame_of_a_video(self, tmp_path: Path):
        clip, mask = video_and_mask(tmp_path)
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *SIZE) == 0
        assert names(tmp_path / "run") == ["confidence.csv", "confidence.svg", "masks", "run.json"]
        assert names(tmp_path / "run/masks") == [f"{index:05d}.png" for index in range(COUNT)]
        np.testing.assert_array_equal(read_mask(tmp_path / "run/masks/00000.png"), read_mask(mask))
        for index, (_, truth) in enumerate(flat_clip(COUNT, [3, 5])):
            found = read_mask(tmp_path / f"run/masks/{index:05d}.png")
            assert set(np.unique(found)) == {0, 3, 5}
            assert (found == truth).mean() > 0.95

    def test_images_lend_their_stems(self, tmp_path: Path):
        clip, mask = images_and_mask(tmp_path)
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *SIZE) == 0
        assert names(tmp_path / "run/masks") == sorted(f"s{index}.png" for index in range(COUNT))

    def test_a_range_keeps_numbers_and_its_mask_belongs_to_its_first_frame(self, tmp_path: Path):
        clip, mask = video_and_mask(tmp_path, first=4)
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", "--frames", "4:7", *SIZE) == 0
        assert names(tmp_path / "run/masks") == ["00004.png", "00005.png", "00006.png"]
        np.testing.assert_array_equal(read_mask(tmp_path / "run/masks/00004.png"), read_mask(mask))

    def test_void_is_never_written(self, tmp_path: Path):
        clip, mask = images_and_mask(tmp_path)
        ids = read_mask(mask)
        ids[:4] = 255
        values = PIL.Image.fromarray(ids)
        values.putpalette(bytes(768))
        values.save(mask)
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *SIZE) == 0
        for path in (tmp_path / "run/masks").iterdir():
            assert set(np.unique(read_mask(path))) <= {0, 3, 5}

    @pytest.mark.parametrize("frames", [None, "4:9"])
    def test_the_overlay_keeps_the_sources_times(self, tmp_path: Path, frames: str | None):
        clip, mask = video_and_mask(tmp_path, first=4 if frames else 0)
        chosen = ["--frames", frames] if frames else []
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", "--overlay", *chosen, *SIZE) == 0
        expected = read_times(clip)[4:9] if frames else read_times(clip)
        found = read_times(tmp_path / "run/overlay.mp4")
        np.testing.assert_allclose(found, expected, rtol=0, atol=SOURCE_TIME_SECONDS)

    def test_equal_commands_give_equal_masks(self, tmp_path: Path):
        clip, mask = video_and_mask(tmp_path)
        for out in ("one", "two"):
            assert call("propagate", clip, "--mask", mask, "--out", tmp_path / out, *SIZE) == 0
        for name in names(tmp_path / "one/masks"):
            assert (tmp_path / "one/masks" / name).read_bytes() == (tmp_path / "two/masks" / name).read_bytes()

    def test_the_record_says_what_the_run_was_made_of(self, tmp_path: Path, model: ShadeModel):
        clip, mask = video_and_mask(tmp_path, first=2)
        options = [
            "--memory",
            3,
            "--policy",
            "recent",
            "--zoom",
            "1.5",
            "--device",
            "cpu",
            "--overlay",
            "--frames",
            "2:5",
        ]
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *options, *SIZE) == 0
        record = json.loads((tmp_path / "run/run.json").read_text())
        assert record["status"] == "done"
        assert (
            record["settings"] | {"memory": 3, "policy": "recent", "zoom": 1.5, "size": [64, 96], "device": "cpu"}
            == record["settings"]
        )
        assert record["model"] == {"name": "shade", "weights_sha256": model.weights_hash, "device": "cpu"}
        digest = hashlib.sha256(mask.read_bytes()).hexdigest()
        assert record["masks"] == [{"frame": 2, "path": str(mask), "sha256": digest}]
        assert record["objects"] == {"3": "3", "5": "5"}
        assert (record["clip"]["path"], record["clip"]["frame_count"], record["frames"]) == (str(clip), COUNT, [2, 5])
        assert record["timing"]["frames"] == 3
        assert record["peak_memory_mib"] > 0
        assert record["outputs"] == [
            "run.json", "masks/00002.png", "masks/00003.png", "masks/00004.png",
            "confidence.csv", "confidence.svg", "overlay.mp4"
        ]  # fmt: skip

    def test_one_line_sums_it_up(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        clip, mask = images_and_mask(tmp_path)
        out = tmp_path / "run"
        call("propagate", clip, "--mask", mask, "--out", out, *SIZE)
        captured = capsys.readouterr()
        (line,) = captured.out.splitlines()
        assert line.startswith(f"{COUNT} frames at ")
        assert line.endswith(
            ", ".join(str(out / name) for name in ("confidence.csv", "confidence.svg", "masks", "run.json"))
        )
        assert captured.err == ""

    def test_quiet_is_silent(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        clip, mask = images_and_mask(tmp_path)
        call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", "--quiet", *SIZE)
        assert capsys.readouterr() == ("", "")


class TestOverwrite:
    def test_another_run_is_refused_and_kept(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        clip, mask = images_and_mask(tmp_path)
        out = tmp_path / "run"
        assert call("propagate", clip, "--mask", mask, "--out", out, "--quiet", *SIZE) == 0
        before = (out / "run.json").read_bytes()
        assert call("propagate", clip, "--mask", mask, "--out", out, "--quiet", *SIZE) == 2
        assert said(capsys).startswith(f"vos: {out}: holds another run; give another --out, or --overwrite")
        assert (out / "run.json").read_bytes() == before

    def test_overwriting_replaces_the_run_and_nothing_else(self, tmp_path: Path):
        clip, mask = images_and_mask(tmp_path)
        out = tmp_path / "run"
        assert call("propagate", clip, "--mask", mask, "--out", out, "--overlay", *SIZE) == 0
        (out / "masks/mine.txt").write_text("mine")
        again = ["--overwrite", "--frames", "0:2"]
        assert call("propagate", clip, "--mask", mask, "--out", out, *again, *SIZE) == 0
        assert names(out) == ["confidence.csv", "confidence.svg", "masks", "run.json"]
        assert names(out / "masks") == ["mine.txt", "s0.png", "s1.png"]

    def test_nothing_is_deleted_for_a_run_that_is_refused(self, tmp_path: Path):
        clip, mask = images_and_mask(tmp_path)
        out = tmp_path / "run"
        assert call("propagate", clip, "--mask", mask, "--out", out, *SIZE) == 0
        assert call("propagate", clip, "--mask", mask, "--out", out, "--overwrite", "--size", "63x96") == 2
        assert len(names(out / "masks")) == COUNT


class TestRefused:
    """Status 2, one line, nothing written."""

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--frames", "5:50"], "clip: frames 5:50 are outside the clip, which has 12 frames"),
            (["--frames", "5"], "--frames 5: give A:B with 0 <= A < B"),
            (["--frames", "7:3"], "--frames 7:3: give A:B with 0 <= A < B"),
            (["--size", "480"], "size '480': must be HEIGHTxWIDTH"),
            (["--size", "63x96"], "size 63x96: both sides must be multiples of 16"),
            (["--memory", "-1"], "memory is -1"),
            (["--policy", "oldest"], "policy is 'oldest'"),
            (["--zoom", "0.5"], "zoom is 0.5"),
            (["--device", "tpu"], "device is 'tpu'"),
            (["--tracker", "nobody"], "no preset 'nobody'"),
        ],
    )
    def test_options(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str):
        clip, mask = images_and_mask(tmp_path)
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *options) == 2
        assert message in said(capsys)
        assert not (tmp_path / "run").exists()

    def test_no_cuda(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("torch.cuda.is_available", lambda: False)
        clip, mask = images_and_mask(tmp_path)
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", "--device", "cuda") == 2
        assert "device 'cuda': this machine has no CUDA device" in said(capsys)

    def test_no_clip(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        _, mask = images_and_mask(tmp_path)
        assert call("propagate", tmp_path / "no.mp4", "--mask", mask, "--out", tmp_path / "run") == 2
        assert said(capsys) == f"vos: {tmp_path / 'no.mp4'}: no such file or folder"

    def test_no_video(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        _, mask = images_and_mask(tmp_path)
        (tmp_path / "text.mp4").write_text("no video")
        assert call("propagate", tmp_path / "text.mp4", "--mask", mask, "--out", tmp_path / "run") == 2
        assert said(capsys).startswith(f"vos: {tmp_path / 'text.mp4'}: not a video that can be read")

    def test_a_mask_of_another_size(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        clip, mask = images_and_mask(tmp_path)
        write_mask(mask, np.ones((10, 20), np.uint8))
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run") == 2
        assert said(capsys).startswith(f"vos: {mask}: the mask is 20x10 pixels, but {clip} is 96x64")

    def test_an_empty_mask(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        clip, mask = images_and_mask(tmp_path)
        write_mask(mask, np.zeros((64, 96), np.uint8))
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run") == 2
        assert said(capsys).startswith(f"vos: {mask}: the mask is empty")

    def test_an_output_folder_that_cannot_be_made(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        clip, mask = images_and_mask(tmp_path)
        assert call("propagate", clip, "--mask", mask, "--out", mask / "run", *SIZE) == 2
        assert said(capsys).startswith(f"vos: cannot write {mask / 'run'}")

    def test_a_first_image_that_is_cut_off(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        noise = np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), dtype=np.uint8)
        clip = write_images(tmp_path / "clip", ["a.png", "b.png"], list(noise))
        (clip / "a.png").write_bytes((clip / "a.png").read_bytes()[:4000])
        write_mask(tmp_path / "mask.png", np.ones((64, 96), np.uint8))
        assert call("propagate", clip, "--mask", tmp_path / "mask.png", "--out", tmp_path / "run", *SIZE) == 2
        assert "a.png: cannot be decoded" in said(capsys)
        assert list((tmp_path / "run").iterdir()) == []


def test_a_failure_later_has_status_1_and_keeps_finished_masks(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    clip, mask = images_and_mask(tmp_path)
    noise = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    write_images(clip, ["s5.png"], [noise])
    (clip / "s5.png").write_bytes((clip / "s5.png").read_bytes()[:4000])
    out = tmp_path / "run"
    assert call("propagate", clip, "--mask", mask, "--out", out, "--overlay", *SIZE) == 1
    assert "s5.png: cannot be decoded" in said(capsys)
    assert names(out) == [".vos-resume", "masks", "run.json"]
    assert names(out / "masks") == [f"s{index}.png" for index in range(5)]
    record = json.loads((out / "run.json").read_text())
    assert record["status"] == "failed"
    assert "s5.png" in record["error"]
    assert record["outputs"] == ["run.json", *(f"masks/s{index}.png" for index in range(5))]


def test_a_range_of_seconds(tmp_path: Path):
    clip, mask = video_and_mask(tmp_path, first=3)
    out = tmp_path / "run"
    assert call("propagate", clip, "--mask", mask, "--out", out, "--frames", "0.1s:0.24s", *SIZE) == 0
    assert names(out / "masks") == ["00003.png", "00004.png", "00005.png"]
    assert json.loads((out / "run.json").read_text())["frames"] == [3, 6]


def test_an_interruption_is_recorded_and_keeps_finished_masks(
    tmp_path: Path, model: ShadeModel, monkeypatch: pytest.MonkeyPatch
):
    clip, mask = images_and_mask(tmp_path)
    segment = Guided.segment

    def interrupted(guided: Guided, frame: Frame) -> Segmentation:
        if frame.index == 3:
            raise KeyboardInterrupt
        return segment(guided, frame)

    monkeypatch.setattr(Guided, "segment", interrupted)
    assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *SIZE) not in (0, 2)
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert record["status"] == "interrupted"
    assert record["outputs"] == ["run.json", "masks/s0.png", "masks/s1.png", "masks/s2.png"]


@pytest.mark.parametrize("weights", ["damaged", "foreign", "missing"])
def test_weights_that_do_not_fit_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, weights: str
):
    monkeypatch.undo()
    clip, mask = images_and_mask(tmp_path)
    path = tmp_path / f"{weights}.safetensors"
    if weights == "damaged":
        path.write_bytes(b"\xff" * 100)
    elif weights == "foreign":
        header = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", "--weights", path) == 2
    assert said(capsys).startswith(f"vos: {path}: ")
    assert not (tmp_path / "run").exists()


def test_the_script_is_the_same_command(tmp_path: Path):
    """A real model, in a process of its own, from another folder."""
    clip, mask = images_and_mask(tmp_path)
    command = [sys.executable, str(ROOT / "propagate.py"), str(clip), "--mask", str(mask), "--out", "run", "--quiet"]
    command += ["--model", "readout", "--size", "64x96", "--frames", "0:2", "--device", "cpu"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert names(tmp_path / "run/masks") == ["s0.png", "s1.png"]
