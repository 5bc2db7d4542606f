"""Damaged and odd files: frames, or one error; never a crash of the process, a hang, or a silent gap."""

import shutil
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.vos.io.test_damage import COUNT, KINDS, write
from tests.vos.made_files import numbered, write_images, write_video
from vos.errors import InputError, TruncatedError, VosError
from vos.io import open_clip

FUZZ = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
IMAGES = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}


class Files(dict[str, bytes]):
    """Contents by ending, which failing tests do not print."""

    def __repr__(self) -> str:
        return f"<{', '.join(self)}>"


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Whole clips by kind."""
    folder = tmp_path_factory.mktemp("clips")
    return Files({ending: write(folder, ending).read_bytes() for ending in KINDS})


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Whole images by ending."""
    folder = tmp_path_factory.mktemp("images")
    noise = np.random.default_rng(0).integers(0, 256, (31, 33, 3), dtype=np.uint8)
    write_images(folder, [f"{ending}.{ending}" for ending in IMAGES], [noise] * len(IMAGES))
    return Files({ending: (folder / f"{ending}.{ending}").read_bytes() for ending in IMAGES})


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What comes of a clip, and what is told of it."""

    count: int
    error: VosError | None
    noted: bool
    """Gaps or damaged frames are told of."""

    def is_silent(self, count: int) -> bool:
        """Whether some of the file's `count` frames are lost without a word."""
        return self.count != count and self.error is None and not self.noted


def read(path: Path) -> Reading:
    """Read a clip as far as it goes; its frames must follow one another whatever is wrong with it.

    Any other exception than a VosError is the test's failure.
    """
    numbers, times, shapes = [], [], set()
    error: VosError | None = None
    noted = False
    try:
        clip = open_clip(path)
        noted = bool(clip.info.gaps)
        try:
            for frame in clip:
                noted |= frame.damaged
                numbers.append(frame.index)
                shapes.add(frame.image.shape)
                if frame.pts is not None and frame.time_base is not None:
                    times.append(Fraction(frame.pts) * frame.time_base)
        except VosError as broken:
            error = broken
        if isinstance(error, TruncatedError):
            assert error.frame == len(numbers)
    except InputError as refused:
        error = refused
        assert numbers == []
    assert numbers == list(range(len(numbers)))
    assert times == sorted(set(times))
    assert len(shapes) <= 1
    assert error is None or len(str(error).splitlines()) == 1
    return Reading(count=len(numbers), error=error, noted=noted)


def may_be_silent(ending: str, whole: bytes, damaged: bytes) -> bool:
    """What docs/commands.md says cannot be told: damage to an AVI's index, to an MP4's edit list and table of times."""
    if ending in ("mp4", "mov"):
        tables = slice(whole.index(b"edts"), whole.index(b"stsz"))
        return whole[tables] != damaged[tables]
    return ending == "avi"


@pytest.mark.parametrize("ending", KINDS)
@FUZZ
@given(share=st.floats(0, 0.999))
def test_a_clip_cut_anywhere_is_known_for_it(tmp_path: Path, clips: Files, ending: str, share: float):
    content = clips[ending]
    size = int(len(content) * share)
    path = tmp_path / f"clip.{ending}"
    path.write_bytes(content[: size - (ending == "ts" and size % 188 == 0)])
    assert read(path).error is not None


@pytest.mark.parametrize("ending", KINDS)
@FUZZ
@given(flips=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 7)), min_size=1, max_size=12))
def test_flipped_bits_leave_no_silent_gap(tmp_path: Path, clips: Files, ending: str, flips: list[tuple[float, int]]):
    content = bytearray(clips[ending])
    for share, bit in flips:
        content[int(share * len(content))] ^= 1 << bit
    path = tmp_path / f"clip.{ending}"
    path.write_bytes(content)
    assert not read(path).is_silent(COUNT) or may_be_silent(ending, clips[ending], content)


@pytest.mark.parametrize("ending", KINDS)
@FUZZ
@given(share=st.floats(0, 0.9999), length=st.integers(1, 100), change=st.sampled_from(["zero", "drop", "insert"]))
def test_damaged_stretches_leave_no_silent_gap(
    tmp_path: Path, clips: Files, ending: str, share: float, length: int, change: str
):
    content = clips[ending]
    begin = int(share * len(content))
    end = begin if change == "insert" else begin + length
    damaged = content[:begin] + bytes(0 if change == "drop" else length) + content[end:]
    path = tmp_path / f"clip.{ending}"
    path.write_bytes(damaged)
    assert not read(path).is_silent(COUNT) or may_be_silent(ending, content, damaged)


@pytest.mark.parametrize("ending", IMAGES)
@FUZZ
@given(share=st.floats(0, 1), flips=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 7)), max_size=6))
def test_damaged_images(tmp_path: Path, images: Files, ending: str, share: float, flips: list[tuple[float, int]]):
    content = bytearray(images[ending])
    for place, bit in flips:
        content[int(place * len(content))] ^= 1 << bit
    path = tmp_path / f"a.{ending}"
    path.write_bytes(content[: int(share * len(content))])
    read(path)


@pytest.mark.parametrize("kind", [*KINDS, *IMAGES])
@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi", "ts", "png", "jpg", "txt", "wav", ""])
def test_the_wrong_ending(tmp_path: Path, clips: Files, images: Files, kind: str, ending: str):
    path = tmp_path / (f"file.{ending}" if ending else "file")
    path.write_bytes({**clips, **images}[kind])
    reading = read(path)
    assert (reading.count > 0) == (reading.error is None)


@pytest.mark.parametrize("ending", [*KINDS, *IMAGES, "gif", "txt", "h264"])
@pytest.mark.parametrize("content", [b"", b"\0", b"\0" * 5000, b"\xff" * 5000, bytes(range(256)) * 30])
def test_files_of_nothing_much(tmp_path: Path, ending: str, content: bytes):
    path = tmp_path / f"clip.{ending}"
    path.write_bytes(content)
    reading = read(path)
    assert (reading.count, type(reading.error)) == (0, InputError)


def test_a_video_without_frames(tmp_path: Path):
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    with pytest.raises(InputError, match=f"{path}: "):
        open_clip(path)


@pytest.mark.parametrize("size", [(1, 1), (8000, 50), (50, 8000), (1, 8000)])
@pytest.mark.parametrize("kind", ["video", "images"])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int], kind: str):
    pictures = numbered(2, *size)
    if kind == "video":
        path = write_video(tmp_path / "clip.mov", pictures, codec="png", pixel_format="rgb24")
    else:
        path = write_images(tmp_path / "clip", ["a.png", "b.png"], pictures)
    for frame, picture in zip(open_clip(path), pictures, strict=True):
        np.testing.assert_array_equal(frame.image, picture)


def test_a_folder_that_looks_like_a_video(tmp_path: Path):
    (tmp_path / "clip.mp4").mkdir()
    with pytest.raises(InputError, match=r"clip\.mp4: the folder holds no images"):
        open_clip(tmp_path / "clip.mp4")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = write_video(tmp_path / "clip.mkv", numbered(2))

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("av.open", refused)
    with pytest.raises(InputError, match=r"clip\.mkv: not a video that can be read \(Permission denied\)"):
        open_clip(path)


def test_a_clip_that_goes_away_while_it_is_read(tmp_path: Path):
    folder = write_images(tmp_path / "clip", ["a.png", "b.png"], numbered(2))
    frames = iter(open_clip(folder))
    next(frames)
    shutil.rmtree(folder)
    with pytest.raises(VosError, match=r"b\.png: cannot be decoded"):
        next(frames)
