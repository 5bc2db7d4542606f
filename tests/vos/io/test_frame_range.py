from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vos.made_files import VARIABLE_TIMES, numbered, write_images, write_video
from vos.errors import InputError
from vos.io import open_clip
from vos.io.frame_range import FrameRange, describe_range, select_frames


def seconds(milliseconds: int) -> Fraction:
    return Fraction(milliseconds, 1000)


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
@pytest.mark.parametrize("begin", [0, 400])
@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ((seconds(100), seconds(600)), range(2, 5)),
        ((seconds(101), seconds(601)), range(3, 6)),
        ((seconds(0), seconds(1000)), range(6)),
        ((None, seconds(300)), range(3)),
        ((seconds(1000), None), range(6, 10)),
        ((seconds(1200), seconds(99_000)), range(9, 10)),
        ((2, seconds(1000)), range(2, 6)),
        ((seconds(300), 9), range(3, 9)),
        ((None, 4), range(4)),
        ((4, None), range(4, 10)),
    ],
)
def test_seconds_count_from_the_first_frame(
    tmp_path: Path, ending: str, begin: int, frames: FrameRange, expected: range
):
    times = [begin + time for time in VARIABLE_TIMES]
    clip = open_clip(write_video(tmp_path / f"clip.{ending}", numbered(10), times), frames)
    assert clip.frames == expected
    assert [frame.index for frame in clip] == list(expected)


def test_seconds_where_the_container_has_no_display_times(tmp_path: Path):
    path = write_video(tmp_path / "clip.avi", numbered(10), bf="2")
    assert open_clip(path, (seconds(100), seconds(200))).frames == range(3, 5)


@pytest.mark.parametrize("frames", [(seconds(1201), None), (seconds(50), seconds(60)), (seconds(600), 3)])
def test_times_that_hold_no_frame_are_refused(tmp_path: Path, frames: FrameRange):
    path = write_video(tmp_path / "clip.mkv", numbered(10), VARIABLE_TIMES)
    with pytest.raises(InputError, match=f"frames {describe_range(frames)} are outside the clip, which has 10 frames"):
        open_clip(path, frames)


def test_images_have_no_times(tmp_path: Path):
    folder = write_images(tmp_path, ["a.png", "b.png"], numbered(2))
    with pytest.raises(InputError, match=r"has no times; give frame numbers, not 0s:1\.5s"):
        open_clip(folder, (seconds(0), seconds(1500)))


@given(st.integers(1, 50), st.integers(0, 60), st.integers(0, 60))
def test_a_range_is_inside_the_clip_or_refused(count: int, start: int, stop: int):
    path = Path("clip")
    if 0 <= start < stop <= count:
        assert select_frames(path, count, (start, stop)) == range(start, stop)
    else:
        with pytest.raises(InputError, match=f"frames {start}:{stop} are outside"):
            select_frames(path, count, (start, stop))
