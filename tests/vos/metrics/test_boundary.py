import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vos.metrics import plain
from tests.vos.metrics.strategies import Mask, mask_pairs
from vos.errors import InputError
from vos.metrics.boundary import boundary_counts, boundary_f, boundary_map, tolerance_radius


@settings(max_examples=200, deadline=None)
@given(mask_pairs(), st.integers(0, 9))
def test_counts_equal_the_plain_definition_exactly(pair: tuple[Mask, Mask], radius: int) -> None:
    truth, prediction = pair
    counts = boundary_counts(truth, prediction, radius)
    assert (
        counts.truth,
        counts.prediction,
        counts.truth_matched,
        counts.prediction_matched,
    ) == plain.f_counts(truth, prediction, radius)
    assert counts.f == plain.f_measure(truth, prediction, radius)


@settings(max_examples=100, deadline=None)
@given(mask_pairs())
def test_boundary_map_equals_the_plain_outline(pair: tuple[Mask, Mask]) -> None:
    np.testing.assert_array_equal(boundary_map(pair[0]), plain.outline(pair[0]))


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


def test_radius_at_480p_is_eight() -> None:
    assert tolerance_radius(480, 854) == 8


def test_radius_is_that_of_the_whole_picture_at_large_sizes() -> None:
    """At 1080p the radius is 18: a line 18 pixels off matches, 19 pixels off only in part."""
    truth = np.zeros((1080, 1920), dtype=bool)
    truth[500, 900:1000] = True
    scores = [boundary_f(truth, np.roll(truth, shift, axis=0)) for shift in (18, 19)]
    assert scores[0] == 1.0
    assert 0.0 < scores[1] < 1.0
    assert scores[1] == plain.f_measure(truth[470:560, 880:1020], np.roll(truth, 19, axis=0)[470:560, 880:1020], 18)


def test_a_full_picture_has_no_boundary() -> None:
    full, empty = np.ones((6, 5), dtype=bool), np.zeros((6, 5), dtype=bool)
    assert boundary_f(full, empty) == 1.0
    assert boundary_f(full, np.eye(6, 5, dtype=bool)) == 0.0


def test_refuses_other_shapes() -> None:
    with pytest.raises(InputError, match=r"the truth is \(3, 4\)"):
        boundary_f(np.ones((3, 4), dtype=bool), np.ones((4, 3), dtype=bool))
