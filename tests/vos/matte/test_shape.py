import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vos.errors import InputError
from vos.matte import Edges, finish
from vos.matte.shape import despeckled, feathered, grown

alphas = arrays.arrays(np.float32, (12, 17), elements=st.floats(0, 1, width=32))


def square(top: int, left: int, side: int, size: tuple[int, int] = (60, 80)) -> np.ndarray:
    alpha = np.zeros(size, np.float32)
    alpha[top : top + side, left : left + side] = 1
    return alpha


@pytest.mark.parametrize("pixels", [1, 3, 10])
def test_edges_move_by_so_many_pixels(pixels: int):
    alpha = square(20, 30, 21)
    for sign in (1, -1):
        row = grown(alpha, sign * pixels)[30]
        assert row.sum() == max(0, 21 + sign * 2 * pixels)
    assert grown(alpha, 0) is alpha


@given(alphas, st.integers(1, 4))
def test_growing_and_shrinking_are_each_others_mirror(alpha: np.ndarray, pixels: int):
    np.testing.assert_allclose(grown(alpha, pixels), 1 - grown(1 - alpha, -pixels), rtol=0, atol=1e-6)
    assert (grown(alpha, pixels) >= alpha).all()


def test_shrinking_leaves_the_pictures_border():
    alpha = np.ones((20, 20), np.float32)
    np.testing.assert_array_equal(grown(alpha, -5), alpha)


def test_feathering_is_as_wide_as_asked_and_keeps_the_middle():
    alpha = np.repeat((np.arange(80) >= 40).astype(np.float32)[None], 20, axis=0)
    row = feathered(alpha, 10)[10]
    assert row[39] + row[40] == pytest.approx(1, abs=1e-5)
    inner = np.flatnonzero((row > 0.16) & (row < 0.84))
    assert len(inner) == 10
    assert (row[:20], row[-20:]) == (pytest.approx(0, abs=1e-3), pytest.approx(1, abs=1e-3))
    np.testing.assert_allclose(feathered(alpha, 10)[0], row, atol=1e-6)
    assert feathered(alpha, 0) is alpha


def test_specks_go_and_holes_are_filled():
    alpha = square(10, 10, 30)
    speck, hole, large = np.s_[50:53, 60:63], np.s_[20:23, 20:23], np.s_[28:38, 28:38]
    alpha[speck], alpha[hole], alpha[large] = 1, 0, 0
    found = despeckled(alpha, 10, skirt=2)
    expected = square(10, 10, 30)
    expected[large] = 0
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(despeckled(alpha, 9, skirt=2), alpha)
    assert despeckled(alpha, 0, skirt=2) is alpha


def test_a_speck_takes_its_soft_edge_along_and_leaves_its_neighbours():
    alpha = square(10, 10, 30)
    alpha[9:41, 9:41] = np.maximum(alpha[9:41, 9:41], 0.25)
    halo = np.s_[48:55, 58:65]
    alpha[halo] = 0.25
    alpha[50:53, 60:63] = 1
    found = despeckled(alpha, 20, skirt=3)
    np.testing.assert_array_equal(found[halo], 0)
    np.testing.assert_array_equal(found[:45], alpha[:45])


@given(alphas)
def test_where_every_part_is_a_speck_nothing_is_left_of_either(alpha: np.ndarray):
    found = despeckled(alpha, alpha.size + 1, skirt=1) >= 0.5
    assert found.all()


def test_steps_come_in_order():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (60, 80, 3), np.uint8)
    alpha = square(10, 10, 30)
    alpha[50:52, 60:62] = 1
    edges = Edges(refine="none", despeckle=9, grow=3, feather=4)
    np.testing.assert_array_equal(finish(image, alpha, 1.0, edges), feathered(grown(square(10, 10, 30), 3), 4))


@pytest.mark.parametrize(
    ("values", "message"), [({"despeckle": -1}, "--despeckle -1: must be"), ({"feather": -0.5}, "--feather -0.5: must")]
)
def test_what_makes_no_sense_is_refused(values: dict[str, float], message: str):
    with pytest.raises(InputError, match=message):
        Edges(**values)  # type: ignore[arg-type]
