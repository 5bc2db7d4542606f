from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vos.io.mattes import Alpha, with_alpha, write_rgba

SHAPE = (3, 5)
images = arrays.arrays(np.uint8, (*SHAPE, 3))
alphas = arrays.arrays(np.float32, SHAPE, elements=st.floats(0, 1, width=32))


@given(images, alphas)
def test_straight_keeps_the_picture(image: np.ndarray, alpha: np.ndarray):
    rgba = with_alpha(image, alpha, "straight")
    np.testing.assert_array_equal(rgba[..., :3], image)
    np.testing.assert_array_equal(rgba[..., 3], np.rint(alpha * 255))


@given(images, alphas)
def test_premultiplied_is_the_object_over_black(image: np.ndarray, alpha: np.ndarray):
    rgba = with_alpha(image, alpha, "premultiplied")
    levels = np.rint(alpha * 255)
    np.testing.assert_array_equal(rgba[..., 3], levels)
    exact = image * levels[..., None] / 255
    assert np.abs(rgba[..., :3] - exact).max() <= 0.5
    assert (rgba[..., :3] <= rgba[..., 3:]).all()


@given(images, alphas, arrays.arrays(np.uint8, (*SHAPE, 3)))
def test_both_conventions_composite_to_the_same_picture(image: np.ndarray, alpha: np.ndarray, ground: np.ndarray):
    straight, premultiplied = (with_alpha(image, alpha, one).astype(float) for one in ("straight", "premultiplied"))
    share = straight[..., 3:] / 255
    over = straight[..., :3] * share + ground * (1 - share)
    assert np.abs(premultiplied[..., :3] + ground * (1 - share) - over).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("convention", ["straight", "premultiplied"])
def test_a_png_holds_it(tmp_path: Path, convention: Alpha):
    rng = np.random.default_rng(0)
    image, alpha = rng.integers(0, 256, (*SHAPE, 3), np.uint8), rng.random(SHAPE, np.float32)
    write_rgba(tmp_path / "new/a.png", image, alpha, convention)
    with PIL.Image.open(tmp_path / "new/a.png") as picture:
        assert picture.mode == "RGBA"
        np.testing.assert_array_equal(np.asarray(picture), with_alpha(image, alpha, convention))
