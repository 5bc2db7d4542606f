"""The choice between readers, with stand-ins for the libraries."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from tests.vos.io.decoded import pictures_of
from tests.vos.io.test_colour import write_flat
from tests.vos.made_files import VARIABLE_TIMES, number_of, numbered, quadrants, write_images, write_video
from vos.errors import InputError, TruncatedError, WorkError
from vos.io import open_clip
from vos.io.probe import VideoFacts
from vos.io.readers.choose import READERS, open_video
from vos.io.readers.libraries import SOURCES
from vos.io.readers.source import Source, Unfit, library
from vos.types import DeviceFrame


def stand_in(name: str, *, fail: Exception | None = None, change: int = 0, **facts: Any) -> Source:
    """A library for GPUs that gives PyAV's pictures as tensors, `change` levels brighter, or fails from the start."""

    def pictures(facts: VideoFacts, device: str, frames: range) -> Iterator[torch.Tensor]:
        if fail is not None:
            raise fail
        for image in pictures_of(facts.path)[frames.start : frames.stop]:
            yield torch.from_numpy(np.clip(image.astype(int) + change, 0, 255).astype(np.uint8))

    made = Source(name=name, pictures=pictures, devices=frozenset({"cuda"}), turns=True, own_matrix=False)
    return replace(made, **facts)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mkv", numbered(10), VARIABLE_TIMES)


class TestAuto:
    def test_without_a_gpu_it_is_pyav(self, clip: Path):
        info = open_clip(clip).info
        assert (info.reader, info.reader_note) == ("pyav", "the tracker runs on the CPU")

    def test_with_a_gpu_it_is_the_first_that_can(self, clip: Path):
        opened = open_video(clip, (2, 5), "auto", "cuda", (stand_in("one"), stand_in("two")))
        assert (opened.info.reader, opened.info.reader_note) == ("one", "")
        frames = list(opened)
        assert all(isinstance(frame, DeviceFrame) for frame in frames)
        assert [(frame.index, number_of(frame.image), frame.stem) for frame in frames] == [
            (2, 2, "00002"),
            (3, 3, "00003"),
            (4, 4, "00004"),
        ]
        assert [frame.pts * frame.time_base for frame in frames] == [
            Fraction(time, 1000) for time in VARIABLE_TIMES[2:5]
        ]
        assert list(opened.stems()) == ["00002", "00003", "00004"]

    def test_what_cannot_be_taken_is_told_with_the_reason(self, clip: Path):
        sources = (
            stand_in("missing", fail=Unfit("it is not installed: pip install missing")),
            stand_in("broken", fail=RuntimeError("no driver\nat all")),
            stand_in("pale", change=6),
            stand_in("host", devices=frozenset({"cpu"})),
            stand_in("good"),
        )
        info = open_video(clip, None, "auto", "cuda", sources).info
        assert info.reader == "good"
        assert info.reader_note == (
            "missing: it is not installed: pip install missing; "
            "broken: it cannot decode the first frame (no driver); "
            "pale: its first frame differs from PyAV's by 6.0 levels on average"
        )

    def test_pyav_is_what_remains(self, clip: Path):
        opened = open_video(clip, None, "auto", "cuda", (stand_in("broken", fail=OSError("no device")),))
        assert opened.info.reader == "pyav"
        assert opened.info.reader_note == "broken: it cannot decode the first frame (no device)"
        assert [type(frame).__name__ for frame in opened] == ["Frame"] * 10

    def test_a_picture_of_another_size_or_turn_is_refused(self, tmp_path: Path):
        path = write_video(tmp_path / "clip.mp4", [quadrants()] * 2, turn=(-90.0, False))
        lying = stand_in("lying", turns=False)
        info = open_video(path, None, "auto", "cuda", (lying,)).info
        assert info.reader == "pyav"
        assert "lying gives frame 0 as 64x48 pixels" in info.reader_note

    def test_files_that_only_pyav_reads_well(self, tmp_path: Path, clip: Path):
        clip.write_bytes(clip.read_bytes()[:-50])
        assert "50 bytes shorter" in open_video(clip, None, "auto", "cuda", (stand_in("one"),)).info.reader_note
        timeless = write_video(tmp_path / "clip.avi", numbered(10), bf="2")
        note = open_video(timeless, None, "auto", "cuda", (stand_in("one"),)).info.reader_note
        assert "does not tell every frame's time" in note

    def test_hd_without_a_tag_is_not_left_to_libraries_with_their_own_rule(self, tmp_path: Path):
        path = write_flat(tmp_path / "clip.mkv", "yuv420p", None, None, (720, 720))
        sources = (stand_in("own", own_matrix=True), stand_in("ours"))
        info = open_video(path, None, "auto", "cuda", sources).info
        assert (info.reader, info.reader_note) == ("ours", "own: it takes BT.601 for HD video without a colour tag")


class TestNamed:
    def test_unknown_names_are_refused(self, clip: Path):
        with pytest.raises(InputError, match="--reader ffmpeg: must be one of auto, pyav, decord"):
            open_clip(clip, reader="ffmpeg")

    def test_every_name_is_known(self):
        assert {source.name for source in SOURCES} == set(READERS) - {"auto", "pyav", "images"}

    def test_readers_of_images_and_videos_are_not_mixed_up(self, tmp_path: Path, clip: Path):
        folder = write_images(tmp_path / "images", ["a.png"], numbered(1))
        assert open_clip(folder, reader="images").info.reader == "images"
        with pytest.raises(InputError, match=f"--reader decord: {folder} holds images"):
            open_clip(folder, reader="decord")
        with pytest.raises(InputError, match=f"--reader images: {clip} is neither a folder nor an image"):
            open_clip(clip, reader="images")

    @pytest.mark.parametrize("name", ["decord", "torchcodec", "pynvvideocodec"])
    def test_a_library_that_is_missing(self, clip: Path, monkeypatch: pytest.MonkeyPatch, name: str):
        def missing(module: str) -> ModuleType:
            raise ModuleNotFoundError(f"No module named {module!r}", name=module.split(".")[0])

        monkeypatch.setattr("vos.io.readers.source.importlib.import_module", missing)
        package = {"decord": "decord2"}.get(name, name)
        with pytest.raises(InputError, match=f"--reader {name}: cannot read .*: it is not installed: pip .* {package}"):
            open_clip(clip, reader=name)

    @pytest.mark.parametrize("error", [RuntimeError("libcuda.so.1: cannot open\nmore"), ImportError("libavcodec")])
    def test_a_library_that_cannot_be_loaded(self, monkeypatch: pytest.MonkeyPatch, error: Exception):
        def broken(module: str) -> ModuleType:
            raise error

        monkeypatch.setattr("vos.io.readers.source.importlib.import_module", broken)
        with pytest.raises(Unfit, match=r"^it cannot be loaded \(lib[a-z.0-9: ]*\)$"):
            library("PyNvVideoCodec", "pynvvideocodec")

    def test_cuda_decoding_without_a_gpu(self, clip: Path, monkeypatch: pytest.MonkeyPatch):
        if torch.cuda.is_available():
            pytest.skip("this machine has a GPU")
        with pytest.raises(InputError, match="--reader pyav-cuda: cannot read .*: it cannot decode the first frame"):
            open_clip(clip, reader="pyav-cuda")


class TestFailureLater:
    def failing(self, at: int) -> Source:
        whole = stand_in("gpu")

        def pictures(facts: VideoFacts, device: str, frames: range) -> Iterator[torch.Tensor]:
            for index, picture in zip(frames, whole.pictures(facts, device, frames), strict=True):
                if index == at:
                    raise RuntimeError("CUDA error")
                yield picture

        return replace(whole, pictures=pictures)

    def test_of_the_library_alone(self, clip: Path):
        frames = iter(open_video(clip, None, "auto", "cuda", (self.failing(4),)))
        assert [next(frames).index for _ in range(4)] == [0, 1, 2, 3]
        with pytest.raises(
            WorkError, match=r"gpu fails at frame 4 \(CUDA error\); --reader pyav can read it"
        ) as raised:
            next(frames)
        assert not isinstance(raised.value, TruncatedError)

    def test_of_the_clip(self, clip: Path):
        opened = open_video(clip, None, "auto", "cuda", (self.failing(4),))
        write_video(clip, numbered(4), VARIABLE_TIMES[:4])
        with pytest.raises(TruncatedError) as raised:
            list(opened)
        assert raised.value.frame == 4

    def test_too_few_pictures(self, clip: Path):
        whole = stand_in("short")
        short = replace(whole, pictures=lambda *request: islice(whole.pictures(*request), 7))
        with pytest.raises(WorkError, match=r"short fails at frame 7 \(it ends there\)"):
            list(open_video(clip, None, "auto", "cuda", (short,)))
