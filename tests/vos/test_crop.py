"""Rectangles of a frame."""

import numpy as np
import pytest

from seggpt_core.window import WHOLE, Window
from vos.crop import Crop, bounding, union, whole


def test_a_mask_is_bounded_tightly() -> None:
    mask = np.zeros((6, 9), dtype=np.bool_)
    mask[2, 7] = mask[4, 3] = True
    crop = bounding(mask)
    assert crop == Crop(top=2, left=3, height=3, width=5)
    assert crop.cut(mask).sum() == 2


def test_a_union_holds_each() -> None:
    crops = [Crop(top=1, left=5, height=2, width=2), Crop(top=4, left=0, height=1, width=3)]
    assert union(crops) == Crop(top=1, left=0, height=4, width=7)
    assert all(union(crops).holds(one) for one in crops)
    assert not crops[0].holds(union(crops))


def test_room_ends_at_the_frame() -> None:
    crop = Crop(top=1, left=4, height=2, width=2)
    assert crop.widened(2, 1, (4, 8)) == Crop(top=0, left=3, height=4, width=4)


@pytest.mark.parametrize(
    ("crop", "expected"),
    [
        (Crop(top=4, left=4, height=2, width=2), Crop(top=2, left=3, height=6, width=4)),
        (Crop(top=0, left=10, height=2, width=2), Crop(top=0, left=8, height=6, width=4)),
        (Crop(top=3, left=3, height=8, width=8), Crop(top=4, left=5, height=6, width=4)),
    ],
)
def test_a_resized_crop_keeps_its_middle_where_the_frame_lets_it(crop: Crop, expected: Crop) -> None:
    assert crop.resized(6, 4, (12, 12)) == expected


def test_a_window_is_a_crop_in_shares_of_the_frame() -> None:
    assert Crop(top=2, left=3, height=4, width=6).window((8, 12)) == Window(0.25, 0.25, 0.5, 0.5)
    assert whole((8, 12)).window((8, 12)) == WHOLE
