import io
import os
import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.vos.made_files import VARIABLE_TIMES, number_of, numbered, write_video
from vos.errors import InputError, TruncatedError, WorkError
from vos.io import LiveClip, is_live, live_name


class Standard:
    """Standard input that holds these bytes and cannot seek."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BufferedReader(Unseekable(content))


class Unseekable(io.RawIOBase):
    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._content.readinto(buffer)


@pytest.fixture
def piped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    content = write_video(tmp_path / "clip.mkv", numbered(10), VARIABLE_TIMES).read_bytes()
    monkeypatch.setattr("sys.stdin", Standard(content))
    return content


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("-", True),
        ("rtsp://camera/stream", True),
        ("HTTPS://host/a.mp4", True),
        ("v4l2:/dev/video0", True),
        ("lavfi:testsrc", True),
        ("clip.mp4", False),
        ("a:b.mp4", False),
        ("v4l2", False),
        ("folder/", False),
    ],
)
def test_what_is_read_as_it_comes(name: str, expected: bool):
    assert is_live(name) is expected


@pytest.mark.parametrize("name", ["-", "rtsp://camera:554/stream", "http://host/a.mp4?x=1", "lavfi:testsrc"])
def test_a_path_keeps_what_a_url_needs(name: str):
    assert live_name(Path(name)) == name
    assert live_name(Path("clip.mp4")) == ""


@pytest.mark.usefixtures("piped")
class TestStandardInput:
    def test_every_picture_comes_with_its_time(self):
        clip = LiveClip("-")
        assert (clip.info.live, clip.info.width, clip.info.height, clip.info.frame_count) == (True, 64, 48, 0)
        frames = list(clip)
        assert [(frame.index, number_of(frame.image)) for frame in frames] == [(n, n) for n in range(10)]
        assert [round(1000 * frame.pts * frame.time_base) for frame in frames] == VARIABLE_TIMES

    def test_it_comes_once(self):
        clip = LiveClip("-")
        list(clip)
        with pytest.raises(WorkError, match="-: is read as it comes, once"):
            list(clip)

    @pytest.mark.parametrize(
        ("frames", "expected"), [((3, 6), [3, 4, 5]), ((8, None), [8, 9]), ((None, 1), [0]), ((0, 10), [*range(10)])]
    )
    def test_ranges(self, frames: tuple[int | None, int | None], expected: list[int]):
        assert [frame.index for frame in LiveClip("-", frames)] == expected

    @pytest.mark.parametrize("frames", [(5, 20), (10, None), (12, 14)])
    def test_an_end_before_the_range_ends(self, frames: tuple[int, int | None]):
        with pytest.raises(TruncatedError, match="-: the clip breaks off at frame 10"):
            list(LiveClip("-", frames))

    def test_seconds_are_refused(self):
        with pytest.raises(InputError, match=r"-: is read as it comes; give frame numbers, not 1s:2\.5s"):
            LiveClip("-", (Fraction(1), Fraction(5, 2)))


@pytest.mark.parametrize("content", [b"", b"no video\n" * 100, bytes(4000)])
def test_what_is_no_video(monkeypatch: pytest.MonkeyPatch, content: bytes):
    monkeypatch.setattr("sys.stdin", Standard(content))
    with pytest.raises(InputError, match="^-: "):
        LiveClip("-")


def test_an_mp4_with_its_index_at_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    noise = np.random.default_rng(0).integers(0, 256, (10, 120, 160, 3), dtype=np.uint8)  # more than FFmpeg buffers
    content = write_video(tmp_path / "clip.mp4", list(noise), crf="5").read_bytes()
    assert content.index(b"mdat") < content.index(b"moov")
    monkeypatch.setattr("sys.stdin", Standard(content))
    with pytest.raises(
        InputError, match=r"^-: its first frame cannot be decoded \(.*\); an MP4 often has its index at"
    ):
        LiveClip("-")


def test_a_named_pipe(tmp_path: Path, piped: bytes):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert is_live(str(pipe))
    writer = threading.Thread(target=lambda: pipe.write_bytes(piped), daemon=True)
    writer.start()
    assert [number_of(frame.image) for frame in LiveClip(str(pipe))] == list(range(10))
    writer.join(10)
    assert not writer.is_alive()


def test_a_device_that_never_ends():
    frames = LiveClip("lavfi:testsrc=size=64x48:rate=25", (2, 5))
    assert [(frame.index, frame.size) for frame in frames] == [(2, (48, 64)), (3, (48, 64)), (4, (48, 64))]


def test_a_stream_that_is_not_there():
    with pytest.raises(InputError, match="^http://127.0.0.1:1/clip: not a video that can be read"):
        LiveClip("http://127.0.0.1:1/clip")
