import numpy as np
import pytest
from hypothesis import given, settings

from tests.vos.metrics import plain
from tests.vos.metrics.strategies import Mask, large_mask_pairs, mask_pairs
from vos.errors import InputError
from vos.metrics.region import RegionCounts, region_counts, region_similarity


@settings(max_examples=200, deadline=None)
@given(mask_pairs())
def test_equals_the_plain_definition(pair: tuple[Mask, Mask]) -> None:
    truth, prediction = pair
    assert region_similarity(truth, prediction) == plain.region(truth, prediction)
    assert region_similarity(prediction, truth) == region_similarity(truth, prediction)


@settings(max_examples=12, deadline=None)
@given(large_mask_pairs())
def test_equals_the_plain_definition_up_to_1080p(pair: tuple[Mask, Mask]) -> None:
    assert region_similarity(*pair) == plain.region(*pair)


def test_counts_pixels() -> None:
    truth, prediction = np.zeros((2, 4), dtype=bool), np.zeros((2, 4), dtype=bool)
    truth[:, :3], prediction[:, 1:] = True, True
    counts = region_counts(truth, prediction)
    assert counts == RegionCounts(truth=6, prediction=6, intersection=4)
    assert counts.union == 8
    assert counts.j_plus_one == 5 / 9
    assert region_similarity(truth, prediction) == 0.5


def test_both_empty_is_one_and_one_empty_is_zero() -> None:
    empty, full = np.zeros((3, 3), dtype=bool), np.ones((3, 3), dtype=bool)
    assert region_similarity(empty, empty) == 1.0
    assert region_similarity(empty, full) == 0.0


def test_refuses_other_shapes_and_dtypes() -> None:
    mask = np.ones((3, 4), dtype=bool)
    with pytest.raises(InputError, match=r"the truth is \(3, 4\) pixels \(H, W\), but the prediction is \(4, 3\)"):
        region_similarity(mask, mask.T)
    with pytest.raises(InputError, match=r"the prediction is uint8 of shape \(3, 4\)"):
        region_similarity(mask, mask.astype(np.uint8))
