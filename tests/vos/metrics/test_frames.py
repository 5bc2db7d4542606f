import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vos.metrics import plain
from tests.vos.metrics.strategies import IDS, LabelMap, label_map_pairs, large_label_map_pairs
from vos.errors import InputError
from vos.metrics.frames import FrameMeasures, measure_frame
from vos.metrics.protocols import Protocol

PLAIN_J_AND_F = tuple(protocol for protocol in Protocol if protocol is not Protocol.MOSEV2)


@settings(max_examples=200, deadline=None)
@given(label_map_pairs(), st.sampled_from(PLAIN_J_AND_F))
def test_equals_the_plain_definition_exactly(pair: tuple[LabelMap, LabelMap], protocol: Protocol) -> None:
    """Ids with gaps, ids that are not asked for, void, and 5, which neither map holds."""
    objects = (*IDS[1:-1], 5)
    measures = measure_frame(protocol, *pair, objects)
    assert [(one.j, one.f) for one in measures] == plain.j_and_f(*pair, objects)
    assert [one.f_diagonal for one in measures] == [one.f for one in measures]
    assert [(one.in_truth, one.in_prediction) for one in measures] == _presence(pair, objects)


@settings(max_examples=12, deadline=None)
@given(large_label_map_pairs())
def test_equals_the_plain_definition_exactly_up_to_1080p(pair: tuple[LabelMap, LabelMap]) -> None:
    measures = measure_frame(Protocol.DAVIS, *pair, (1, 2))
    assert [(one.j, one.f) for one in measures] == plain.j_and_f(*pair, (1, 2))


@settings(max_examples=200, deadline=None)
@given(label_map_pairs())
def test_mose_v2_equals_the_plain_definition_exactly(pair: tuple[LabelMap, LabelMap]) -> None:
    _require_plain_mosev2(pair, (*IDS[1:], 5))


@settings(max_examples=15, deadline=None)
@given(large_label_map_pairs())
def test_mose_v2_equals_the_plain_definition_exactly_up_to_1080p(pair: tuple[LabelMap, LabelMap]) -> None:
    """Among these are objects of either side of the adaptive radius's limit."""
    _require_plain_mosev2(pair, (1, 2))


@pytest.mark.parametrize("shape", [(100, 60), (240, 427), (480, 854), (1080, 1920)])
@pytest.mark.parametrize("side", [1, 11, 30, 64, 75, 79, 99])
def test_mose_v2_equals_the_plain_definition_of_nudged_objects(shape: tuple[int, int], side: int) -> None:
    """Sides around those where the adaptive radius grows or meets the diagonal's; ragged, so that F varies."""
    rng = np.random.default_rng(side)
    truth, prediction = np.zeros(shape, dtype=np.uint8), np.zeros(shape, dtype=np.uint8)
    ragged = (rng.random((side, side)) < 0.97).astype(np.uint8)
    height, width = truth[20 : 20 + side, 10 : 10 + side].shape
    truth[20 : 20 + side, 10 : 10 + side] = ragged[:height, :width]
    for down, right in ((0, 1), (2, 0), (1, 4), (7, 3), (3, -8), (-9, -9)):
        prediction[:] = np.roll(truth, (down, right), axis=(0, 1))
        _require_plain_mosev2((truth, prediction), (1,))


def test_mose_v2_is_strict_with_small_objects() -> None:
    """An object of 10×10 pixels has a radius of 1, where the picture's is 8."""
    truth, prediction = np.zeros((480, 854), dtype=np.uint8), np.zeros((480, 854), dtype=np.uint8)
    truth[100:110, 100:110], prediction[103:113, 100:110] = 1, 1
    (measures,) = measure_frame(Protocol.MOSEV2, truth, prediction, (1,))
    assert measures.j == 71 / 131
    assert measures.f_diagonal == 1.0
    assert 0.0 < measures.f < 1.0


def test_mose_v2_scores_an_object_that_nobody_shows_in_full() -> None:
    empty = np.zeros((4, 5), dtype=np.uint8)
    assert measure_frame(Protocol.MOSEV2, empty, empty, (1,)) == [FrameMeasures(1.0, 1.0, 1.0, False, False)]


def test_mose_v2_gives_a_missed_object_a_little() -> None:
    truth, empty = np.zeros((4, 5), dtype=np.uint8), np.zeros((4, 5), dtype=np.uint8)
    truth[1, 1:4] = 1
    assert measure_frame(Protocol.MOSEV2, truth, empty, (1,)) == [FrameMeasures(0.25, 0.0, 0.0, True, False)]


def test_measures_each_object_by_itself_and_treats_other_ids_as_background() -> None:
    truth = np.zeros((20, 20), dtype=np.uint8)
    truth[:5, :5], truth[10:, 10:], truth[0, 19] = 1, 3, 255
    prediction = np.zeros_like(truth)
    prediction[:5, :5] = 1
    assert measure_frame(Protocol.DAVIS, truth, prediction, (1, 2, 3)) == [
        FrameMeasures(1.0, 1.0, 1.0, True, True),
        FrameMeasures(1.0, 1.0, 1.0, False, False),
        FrameMeasures(0.0, 0.0, 0.0, True, False),
    ]


def test_a_swap_of_two_ids_scores_nothing() -> None:
    truth = np.full((40, 40), 1, dtype=np.uint8)
    truth[:20] = 2
    swapped = np.where(truth == 1, 2, 1).astype(np.uint8)
    assert [one.j for one in measure_frame(Protocol.DAVIS, truth, swapped, (1, 2))] == [0.0, 0.0]


def test_the_radius_is_that_of_the_picture_not_of_the_objects() -> None:
    truth, prediction = np.zeros((480, 854), dtype=np.uint8), np.zeros((480, 854), dtype=np.uint8)
    truth[100:110, 100:110], prediction[108:118, 100:110] = 1, 1
    (measures,) = measure_frame(Protocol.DAVIS, truth, prediction, (1,))
    assert measures.j == 20 / 180
    assert measures.f == 1.0  # 8 pixels apart, and the radius is 8


def test_refuses_other_shapes() -> None:
    with pytest.raises(InputError, match=r"the truth is \(3, 4\) pixels \(H, W\), but the prediction is \(4, 3\)"):
        measure_frame(Protocol.DAVIS, np.zeros((3, 4), dtype=np.uint8), np.zeros((4, 3), dtype=np.uint8), (1,))


def _require_plain_mosev2(pair: tuple[LabelMap, LabelMap], objects: tuple[int, ...]) -> None:
    measures = measure_frame(Protocol.MOSEV2, *pair, objects)
    expected = [plain.mosev2(pair[0] == one, pair[1] == one) for one in objects]
    assert [(one.j, one.f, one.f_diagonal) for one in measures] == expected
    assert [(one.in_truth, one.in_prediction) for one in measures] == _presence(pair, objects)


def _presence(pair: tuple[LabelMap, LabelMap], objects: tuple[int, ...]) -> list[tuple[bool, bool]]:
    return [(bool((pair[0] == one).any()), bool((pair[1] == one).any())) for one in objects]
