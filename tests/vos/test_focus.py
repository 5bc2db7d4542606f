"""The part of a frame that is shown holds the objects, with room, and no more than it must."""

import itertools

import numpy as np
import pytest

from vos.crop import Crop, whole
from vos.focus import Focus, Lens, unfocused
from vos.types import LabelMap

SIZE = (240, 400)
LENS = Lens(zoom=2.0, stretch=3.0)


def labels(**boxes: tuple[int, int, int, int]) -> LabelMap:
    """Rectangles top, left, height, width of objects `o1`, `o2`, ..."""
    ids = np.zeros(SIZE, dtype=np.uint8)
    for name, (top, left, height, width) in boxes.items():
        ids[top : top + height, left : left + width] = int(name[1:])
    return ids


def test_at_first_the_whole_frame_is_shown() -> None:
    assert unfocused(SIZE).crop == whole(SIZE)
    assert unfocused(SIZE).after(labels(), LENS) == unfocused(SIZE)


def test_a_small_object_is_shown_no_larger_than_the_zoom_allows() -> None:
    focus = unfocused(SIZE).after(labels(o1=(100, 200, 8, 8)), LENS)
    assert focus.crop.height * focus.crop.width == pytest.approx(SIZE[0] * SIZE[1] / 4, rel=0.02)
    assert focus.crop.holds(Crop(top=80, left=170, height=50, width=70))


def test_a_zoom_of_one_shows_whole_frames() -> None:
    assert unfocused(SIZE).after(labels(o1=(100, 200, 8, 8)), Lens(zoom=1.0, stretch=3.0)).crop == whole(SIZE)


def test_objects_that_fill_the_frame_are_shown_with_all_of_it() -> None:
    assert unfocused(SIZE).after(labels(o1=(10, 10, 215, 370)), LENS).crop == whole(SIZE)


def test_every_object_is_shown() -> None:
    boxes = {"o1": (20, 30, 30, 20), "o2": (60, 200, 20, 60), "o254": (120, 90, 10, 10)}
    focus = unfocused(SIZE).after(labels(**boxes), LENS)
    assert set(focus.seen) == {1, 2, 254}
    for top, left, height, width in boxes.values():
        assert focus.crop.holds(Crop(top=top, left=left, height=height, width=width))


@pytest.mark.parametrize(("stretch", "taller"), [(1.0, False), (3.0, True)])
def test_a_tall_object_is_shown_tall_unless_the_inputs_shape_is_fixed(stretch: float, taller: bool) -> None:
    focus = unfocused(SIZE).after(labels(o1=(10, 200, 220, 30)), Lens(zoom=2.0, stretch=stretch))
    rows, columns = focus.crop.height / SIZE[0], focus.crop.width / SIZE[1]
    assert rows > 0.95
    assert (rows > 2 * columns) == taller
    assert rows <= stretch * columns * 1.02


def test_the_crop_rests_while_the_object_keeps_to_its_middle() -> None:
    focus = unfocused(SIZE).after(labels(o1=(100, 200, 20, 20)), LENS)
    moved = focus.after(labels(o1=(106, 190, 20, 20)), LENS)
    assert moved.crop == focus.crop
    assert moved.seen != focus.seen


def test_the_crop_goes_along_with_an_object() -> None:
    focus = unfocused(SIZE)
    for left in range(0, 360, 12):
        focus = focus.after(labels(o1=(100, left, 20, 40)), LENS)
        assert focus.crop.holds(Crop(top=92, left=max(0, left - 16), height=36, width=min(400, left + 56) - left))


def test_an_object_that_is_gone_is_looked_for_ever_farther_around() -> None:
    focus = unfocused(SIZE).after(labels(o1=(100, 200, 10, 10), o2=(100, 220, 10, 10)), LENS)
    searched = [focus.seen[1]]
    for _ in range(20):
        focus = focus.after(labels(o2=(100, 220, 10, 10)), LENS)
        searched.append(focus.seen[1])
        assert focus.crop.holds(searched[-1])
    assert all(later.holds(earlier) for earlier, later in itertools.pairwise(searched))
    assert focus.crop == whole(SIZE)
    assert focus.seen[2] == Crop(top=100, left=220, height=10, width=10)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_seen_lies_in_the_crop_and_the_crop_in_the_frame(seed: int) -> None:
    rng = np.random.default_rng(seed)
    focus: Focus = unfocused(SIZE)
    for _ in range(12):
        ids = np.zeros(SIZE, dtype=np.uint8)
        for identity in range(1, 4):
            top, left = rng.integers(0, SIZE[0] - 1), rng.integers(0, SIZE[1] - 1)
            height, width = rng.integers(0, 60, size=2)
            ids[top : top + height, left : left + width] = identity
        focus = focus.after(ids, LENS)
        assert whole(SIZE).holds(focus.crop)
        assert np.count_nonzero(focus.crop.cut(ids)) == np.count_nonzero(ids)
        assert focus.crop.height * focus.crop.width >= SIZE[0] * SIZE[1] / 4 - 1
