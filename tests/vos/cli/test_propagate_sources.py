"""`vos propagate` on clips that are damaged, that come as they come, and that other readers decode."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch

from tests.vos.cli.flat_film import COUNT, call, images_and_mask, names, said, video_and_mask
from tests.vos.made_files import read_times, shown, write_video
from vos.io import open_clip
from vos.io.video import VideoClip

pytestmark = pytest.mark.usefixtures("model")
SIZE = ("--size", "64x96")


class TestDamage:
    def test_a_clip_that_breaks_off_keeps_what_was_read(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        clip, mask = video_and_mask(tmp_path)
        clip.write_bytes(clip.read_bytes()[: int(0.8 * clip.stat().st_size)])
        out = tmp_path / "run"
        assert call("propagate", clip, "--mask", mask, "--out", out, "--overlay", *SIZE) == 1
        record = json.loads((out / "run.json").read_text())
        count = record["truncated_at"]
        assert 0 < count < COUNT
        assert record["status"] == "failed"
        line = said(capsys)
        assert line.startswith(f"vos: {clip}: the clip breaks off at frame {count} (")
        assert line.endswith(f"; {count} frames before it are done")
        assert names(out / "masks") == [f"{index:05d}.png" for index in range(count)]
        assert len(read_times(out / "overlay.mp4")) == count
        masks = [f"masks/{index:05d}.png" for index in range(count)]
        assert record["outputs"] == ["run.json", *masks, "confidence.csv", "confidence.svg", "overlay.mp4"]

    def test_pictures_with_made_up_parts_are_told_of(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ):
        clip, mask = video_and_mask(tmp_path)
        made = VideoClip._frame
        monkeypatch.setattr(
            VideoClip, "_frame", lambda self, index, *rest: replace(made(self, index, *rest), damaged=index in (2, 3))
        )
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *SIZE) == 0
        warning = f"vos: warning: {clip}: the data of frames 2, 3 are damaged: parts of them are made up, and of those "
        assert capsys.readouterr().err == f"{warning}after, up to the next keyframe\n"
        assert json.loads((tmp_path / "run/run.json").read_text())["damaged_frames"] == [2, 3]

    def test_gaps_are_told_of(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        whole, mask = video_and_mask(tmp_path)
        images = [frame.image for frame in open_clip(whole)]
        clip = write_video(tmp_path / "gap.mkv", images, [40 * (index + (index >= 3)) for index in range(COUNT)])
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *SIZE) == 0
        line = f"vos: warning: {clip}: pictures before frames 3 are lost; frames count by position\n"
        assert capsys.readouterr().err == line
        assert json.loads((tmp_path / "run/run.json").read_text())["clip"]["gaps"] == [3]

    def test_numbers_that_are_missing_are_told_of(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        clip, mask = images_and_mask(tmp_path)
        (clip / "s4.png").unlink()
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "run", *SIZE) == 0
        assert capsys.readouterr().err == f"vos: warning: {clip}: numbers 4 are missing; frames count by position\n"
        assert json.loads((tmp_path / "run/run.json").read_text())["clip"]["missing"] == ["4"]


class TestLive:
    """A clip on standard input."""

    @pytest.fixture
    def mask(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        clip, mask = video_and_mask(tmp_path)
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(clip.read_bytes())))
        return mask

    def test_a_mask_for_every_frame_that_comes(self, tmp_path: Path, mask: Path):
        out = tmp_path / "run"
        assert call("propagate", "-", "--mask", mask, "--out", out, "--overlay", *SIZE) == 0
        assert names(out / "masks") == [f"{index:05d}.png" for index in range(COUNT)]
        assert len(read_times(out / "overlay.mp4")) == COUNT
        record = json.loads((out / "run.json").read_text())
        assert (record["status"], record["frames"], record["clip"]["live"]) == ("done", [0, COUNT], True)
        assert {f"masks/{index:05d}.png" for index in range(COUNT)} < set(record["outputs"])

    def test_exports_are_those_of_the_file(self, tmp_path: Path, mask: Path):
        kinds = ["overlay", "soft8", "soft16", "rgba", "exr", "rle", "prores", "vp9", "ffv1", "qtrle"]
        options = ["--mask", mask, "--export", ",".join(kinds), "--per-object", "--start-number", 7, *SIZE]
        piped, filed = tmp_path / "piped", tmp_path / "filed"
        assert call("propagate", "-", "--out", piped, *options) == 0
        assert call("propagate", tmp_path / "clip.mkv", "--out", filed, *options) == 0
        outputs = json.loads((piped / "run.json").read_text())["outputs"]
        lying = sorted(str(path.relative_to(piped)) for path in piped.rglob("*") if path.is_file())
        assert sorted(outputs) == lying
        assert {"soft8/3/0007.png", "rle/3/stdin.json", "prores/5/stdin.mov", "timestamps.csv"} < set(outputs)
        assert len(outputs) == len(json.loads((filed / "run.json").read_text())["outputs"])
        assert shown(piped / "overlay.mp4") == shown(filed / "overlay.mp4")
        for name in set(outputs) - {"run.json", "overlay.mp4"}:
            assert (piped / name).read_bytes() == (filed / name.replace("stdin.", "clip.")).read_bytes(), name

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--direction", "both"], "--direction both: - is read as it comes, forward only"),
            (["--reader", "decord"], "--reader decord: - is read as it comes, by pyav only"),
        ],
    )
    def test_what_needs_a_second_look_is_refused(
        self, tmp_path: Path, mask: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
    ):
        assert call("propagate", "-", "--mask", mask, "--out", tmp_path / "run", *options, *SIZE) == 2
        assert said(capsys) == f"vos: {message}"

    def test_a_pipe_that_is_cut_off(self, tmp_path: Path, mask: Path, monkeypatch: pytest.MonkeyPatch):
        content = (tmp_path / "clip.mkv").read_bytes()
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content[: len(content) * 9 // 10])))
        out = tmp_path / "run"
        assert call("propagate", "-", "--mask", mask, "--out", out, *SIZE) == 1
        count = json.loads((out / "run.json").read_text())["truncated_at"]
        assert names(out / "masks") == [f"{index:05d}.png" for index in range(count)]
        assert 0 < count < COUNT


class TestReader:
    def test_a_named_reader_is_recorded(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        clip, mask = video_and_mask(tmp_path)
        out = tmp_path / "run"
        assert call("propagate", clip, "--mask", mask, "--out", out, "--reader", "pyav", "--quiet", *SIZE) == 0
        assert json.loads((out / "run.json").read_text())["clip"]["reader"] == "pyav"
        assert call("propagate", clip, "--mask", mask, "--out", tmp_path / "b", "--reader", "images", *SIZE) == 2
        assert said(capsys) == f"vos: --reader images: {clip} is neither a folder nor an image file"

    def test_auto_says_what_it_took_where_there_is_a_gpu(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ):
        """A GPU's reader, a stand-in, gives frames on a device, and the overlay gets them from there."""
        clip, mask = video_and_mask(tmp_path)
        tensors = [torch.from_numpy(frame.image) for frame in open_clip(clip)]
        decoders = SimpleNamespace(VideoDecoder=lambda path, **options: tensors)
        monkeypatch.setitem(sys.modules, "torchcodec", ModuleType("torchcodec"))
        monkeypatch.setitem(sys.modules, "torchcodec.decoders", decoders)  # type: ignore[arg-type]
        monkeypatch.setattr("vos.settings.resolve_device", lambda name: torch.device("cuda"))
        host, device = tmp_path / "host", tmp_path / "device"
        assert call("propagate", clip, "--mask", mask, "--out", device, "--overlay", *SIZE) == 0
        assert capsys.readouterr().err == "vos: reader torchcodec\n"
        assert json.loads((device / "run.json").read_text())["clip"]["reader"] == "torchcodec"
        assert call("propagate", clip, "--mask", mask, "--out", host, "--overlay", "--reader", "pyav", *SIZE) == 0
        for name in names(host / "masks"):
            assert (host / "masks" / name).read_bytes() == (device / "masks" / name).read_bytes()
        assert shown(host / "overlay.mp4") == shown(device / "overlay.mp4")
