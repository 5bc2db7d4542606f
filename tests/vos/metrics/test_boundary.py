import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vos.metrics import plain
from tests.vos.metrics.strategies import Mask, large_mask_pairs, mask_pairs
from vos.errors import InputError
from vos.metrics.boundary import (
    BoundaryCounts,
    boundaries,
    boundary_f,
    boundary_map,
    match,
    mosev2_radii,
    tolerance_radius,
)


@settings(max_examples=300, deadline=None)
@given(mask_pairs(), st.integers(0, 30))
def test_counts_equal_the_plain_definition_exactly(pair: tuple[Mask, Mask], radius: int) -> None:
    """Radii beyond the picture's sides are among these."""
    counts = match(boundaries(*pair), radius)
    assert _as_tuple(counts) == plain.f_counts(*pair, radius)
    assert counts.f == plain.f_measure(*pair, radius)


@settings(max_examples=12, deadline=None)
@given(large_mask_pairs())
def test_equals_the_plain_definition_exactly_up_to_1080p(pair: tuple[Mask, Mask]) -> None:
    radius = plain.default_radius(pair[0].shape)
    assert _as_tuple(match(boundaries(*pair), radius)) == plain.f_counts(*pair, radius)


@settings(max_examples=300, deadline=None)
@given(mask_pairs(), st.floats(0, 25))
def test_counts_with_any_radius_equal_those_of_opencv_exactly(pair: tuple[Mask, Mask], radius: float) -> None:
    assert _as_tuple(match(boundaries(*pair), radius)) == plain.dilated_counts(*pair, radius)


@settings(max_examples=200, deadline=None)
@given(mask_pairs())
def test_boundary_map_equals_the_plain_outline(pair: tuple[Mask, Mask]) -> None:
    np.testing.assert_array_equal(boundary_map(pair[0]), plain.outline(pair[0]))


@pytest.mark.parametrize(
    ("mask", "boundary"),
    [
        pytest.param(["...", ".#.", "..."], ["##.", "##.", "..."], id="inside: itself, left, above, upper left"),
        pytest.param(["#..", "...", "..."], ["#..", "...", "..."], id="first corner"),
        pytest.param(["...", "...", "..#"], ["...", ".##", ".#."], id="last corner is none itself"),
        pytest.param(["...", "...", ".#."], ["...", "##.", "##."], id="last row looks right only"),
        pytest.param(["...", "..#", "..."], [".##", ".##", "..."], id="last column looks down only"),
        pytest.param(["###", "###", "###"], ["...", "...", "..."], id="a full picture has none"),
        pytest.param(["#.#"], ["##."], id="a single row"),
        pytest.param(["#", ".", "#"], ["#", "#", "."], id="a single column"),
        pytest.param(["#"], ["."], id="a single pixel"),
    ],
)
def test_boundary_of_drawn_masks(mask: list[str], boundary: list[str]) -> None:
    np.testing.assert_array_equal(boundary_map(_drawn(mask)), _drawn(boundary))
    np.testing.assert_array_equal(plain.outline(_drawn(mask)), _drawn(boundary))


@settings(max_examples=50, deadline=None)
@given(mask_pairs())
def test_symmetric_and_within_bounds(pair: tuple[Mask, Mask]) -> None:
    truth, prediction = pair
    score = boundary_f(truth, prediction)
    assert 0.0 <= score <= 1.0
    assert score == boundary_f(prediction, truth)
    assert boundary_f(truth, truth) == 1.0


@given(st.integers(1, 2500), st.integers(1, 2500))
def test_radius_follows_the_official_formula(height: int, width: int) -> None:
    assert tolerance_radius(height, width) == plain.default_radius((height, width))


@pytest.mark.parametrize(
    ("height", "width", "radius"), [(1, 1, 1), (480, 854, 8), (600, 800, 8), (601, 800, 9), (1080, 1920, 18)]
)
def test_radius_of_known_sizes(height: int, width: int, radius: int) -> None:
    """600×800 has a diagonal of 1000: 0.008 of it is 8 exactly, and nothing is to be rounded up."""
    assert tolerance_radius(height, width) == radius


@pytest.mark.parametrize(
    ("height", "width", "area", "adaptive", "diagonal"),
    [
        pytest.param(600, 800, 900, 3, 8, id="0.1 of the root is 3 exactly"),
        pytest.param(600, 800, 901, 4, 8, id="rounded up"),
        pytest.param(600, 800, 6400, 8, 8, id="as large as the diagonal's"),
        pytest.param(480, 854, 4900, 7, 8, id="the last below 7.837"),
        pytest.param(480, 854, 4901, 0.008 * math.hypot(480, 854), 0.008 * math.hypot(480, 854), id="not rounded up"),
        pytest.param(600, 800, 1, 1, 8, id="one pixel"),
    ],
)
def test_radii_of_mose_v2(height: int, width: int, area: int, adaptive: float, diagonal: float) -> None:
    assert mosev2_radii(height, width, area) == (adaptive, diagonal)


def test_radius_is_that_of_the_whole_picture_at_large_sizes() -> None:
    """At 1080p the radius is 18: a line 18 pixels off matches, 19 pixels off only in part."""
    truth = np.zeros((1080, 1920), dtype=bool)
    truth[500, 900:1000] = True
    scores = [boundary_f(truth, np.roll(truth, shift, axis=0)) for shift in (18, 19)]
    assert scores[0] == 1.0
    assert 0.0 < scores[1] < 1.0
    assert scores[1] == plain.f_measure(truth, np.roll(truth, 19, axis=0))


def test_a_full_picture_has_no_boundary() -> None:
    full, empty = np.ones((6, 5), dtype=bool), np.zeros((6, 5), dtype=bool)
    assert boundary_f(full, empty) == 1.0
    assert boundary_f(full, np.eye(6, 5, dtype=bool)) == 0.0


def test_takes_views_and_leaves_them_as_they_are() -> None:
    """A crop of a larger array, in column order: neither is contiguous."""
    whole = np.zeros((40, 60), dtype=bool, order="F")
    whole[10:20, 10:30] = True
    truth, prediction = whole[5:35:2, 5:50], whole[6:36:2, 8:53]
    copies = truth.copy(), prediction.copy()
    assert boundary_f(truth, prediction) == plain.f_measure(*copies)
    np.testing.assert_array_equal(truth, copies[0])
    np.testing.assert_array_equal(prediction, copies[1])


def test_refuses_other_shapes() -> None:
    with pytest.raises(InputError, match=r"the truth is \(3, 4\)"):
        boundary_f(np.ones((3, 4), dtype=bool), np.ones((4, 3), dtype=bool))


def _as_tuple(counts: BoundaryCounts) -> tuple[int, int, int, int]:
    return counts.truth, counts.prediction, counts.truth_matched, counts.prediction_matched


def _drawn(rows: list[str]) -> Mask:
    return np.array([[pixel == "#" for pixel in row] for row in rows])
