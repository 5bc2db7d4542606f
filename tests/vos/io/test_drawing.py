import numpy as np
import pytest

from vos.errors import InputError
from vos.io.drawing import cut_out, fill_polygon


def test_a_polygon_is_filled_with_its_outline():
    expected = np.zeros((20, 30), bool)
    expected[4:9, 5:12] = True
    np.testing.assert_array_equal(fill_polygon([(5, 4), (11, 4), (11, 8), (5, 8)], 30, 20), expected)


@pytest.mark.parametrize(
    ("points", "message"),
    [([(1, 1), (5, 5)], "needs at least three points"), ([(1, 1), (5, 5), (31, 2)], "31,2 is outside .* 30x20")],
)
def test_polygons_that_are_none(points: list[tuple[int, int]], message: str):
    with pytest.raises(InputError, match=message):
        fill_polygon(points, 30, 20)


@pytest.mark.parametrize("scale", [1, 4])
def test_an_object_is_cut_out_of_its_box(scale: int):
    """Textured disc on textured ground; at scale 4 the picture is large enough for the second, finer step."""
    height, width = 120 * scale, 160 * scale
    y, x = np.mgrid[:height, :width]
    disc = (x - 80 * scale) ** 2 + (y - 60 * scale) ** 2 <= (25 * scale) ** 2
    noise = np.random.default_rng(0).integers(0, 30, (height, width, 3), dtype=np.uint8)
    image = np.where(disc[..., None], (200, 60, 40), (30, 110, 60)).astype(np.uint8) + noise
    box = (50 * scale, 30 * scale, 110 * scale, 90 * scale)
    area = cut_out(image, box)
    assert (area & disc).sum() / (area | disc).sum() > 0.98
    np.testing.assert_array_equal(area, cut_out(image, box))


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((0, 0, 30, 20), "covers the whole picture"),
        ((5, 5, 31, 10), r"box 5,5,31,10: must be .* x1 <= 30"),
        ((5, 5, 5, 10), "must be"),
        ((-1, 5, 6, 10), "must be"),
        ((8, 8, 14, 14), "nothing in it stands out"),
    ],
)
def test_boxes_that_hold_nothing(box: tuple[int, int, int, int], message: str):
    with pytest.raises(InputError, match=message):
        cut_out(np.full((20, 30, 3), 90, np.uint8), box)
