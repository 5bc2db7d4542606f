import numpy as np
import pytest
from hypothesis import given, settings

from tests.vos.metrics import plain
from tests.vos.metrics.strategies import IDS, LabelMap, label_map_pairs, large_label_map_pairs
from vos.errors import InputError
from vos.metrics.label_maps import score_frame


@settings(max_examples=200, deadline=None)
@given(label_map_pairs())
def test_equals_the_plain_definition_exactly(pair: tuple[LabelMap, LabelMap]) -> None:
    """Ids with gaps, ids that are not asked for, void, and 5, which neither map holds."""
    objects = (*IDS[1:-1], 5)
    assert score_frame(*pair, objects) == plain.j_and_f(*pair, objects)


@settings(max_examples=12, deadline=None)
@given(large_label_map_pairs())
def test_equals_the_plain_definition_exactly_up_to_1080p(pair: tuple[LabelMap, LabelMap]) -> None:
    assert score_frame(*pair, (1, 2)) == plain.j_and_f(*pair, (1, 2))


def test_scores_each_object_by_itself_and_treats_other_ids_as_background() -> None:
    truth = np.zeros((20, 20), dtype=np.uint8)
    truth[:5, :5], truth[10:, 10:], truth[0, 19] = 1, 3, 255
    prediction = np.zeros_like(truth)
    prediction[:5, :5] = 1
    assert score_frame(truth, prediction, (1, 2, 3)) == [(1.0, 1.0), (1.0, 1.0), (0.0, 0.0)]


def test_a_swap_of_two_ids_scores_nothing() -> None:
    truth = np.full((40, 40), 1, dtype=np.uint8)
    truth[:20] = 2
    swapped = np.where(truth == 1, 2, 1).astype(np.uint8)
    assert [j for j, _ in score_frame(truth, swapped, (1, 2))] == [0.0, 0.0]


def test_the_radius_is_that_of_the_picture_not_of_the_objects() -> None:
    truth, prediction = np.zeros((480, 854), dtype=np.uint8), np.zeros((480, 854), dtype=np.uint8)
    truth[100:110, 100:110], prediction[108:118, 100:110] = 1, 1
    ((j, f),) = score_frame(truth, prediction, (1,))
    assert j == 20 / 180
    assert f == 1.0  # 8 pixels apart, and the radius is 8


def test_refuses_other_shapes() -> None:
    with pytest.raises(InputError, match=r"the truth is \(3, 4\) pixels \(H, W\), but the prediction is \(4, 3\)"):
        score_frame(np.zeros((3, 4), dtype=np.uint8), np.zeros((4, 3), dtype=np.uint8), (1,))
