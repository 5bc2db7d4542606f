import numpy as np

from vos.both_ways import merge
from vos.soft_masks import GivenMasks
from vos.types import Segmentation

LEFT = np.zeros((4, 8), dtype=np.uint8)
LEFT[:, :4] = 1
RIGHT = np.zeros((4, 8), dtype=np.uint8)
RIGHT[:, 4:] = 2


def side(ids: np.ndarray, confidence: dict[int, float]) -> Segmentation:
    return Segmentation(index=0, ids=ids, confidence=confidence, soft=GivenMasks(labels=ids, ids=tuple(confidence)))


def test_the_surer_side_wins_an_object() -> None:
    shifted = np.roll(LEFT, 2, axis=1)
    found = merge(side(LEFT, {1: 0.9}), side(shifted, {1: 0.3}))
    np.testing.assert_array_equal(found.ids, LEFT)
    np.testing.assert_array_equal(merge(side(LEFT, {1: 0.3}), side(shifted, {1: 0.9})).ids, shifted)
    assert 0.3 < found.confidence[1] < 0.9


def test_objects_that_one_side_knows_are_taken_from_it() -> None:
    found = merge(side(LEFT, {1: 0.4}), side(RIGHT, {2: 0.9}))
    np.testing.assert_array_equal(found.ids, LEFT + RIGHT)
    np.testing.assert_allclose([found.confidence[1], found.confidence[2]], [0.4, 0.9], rtol=0, atol=1e-12)
    assert found.soft is not None
    assert [identity for identity, _ in found.soft.planes()] == [1, 2]


def test_a_side_that_knows_nothing_leaves_the_other_whole() -> None:
    known = side(LEFT, {1: 0.4})
    unknown = side(np.zeros_like(LEFT), {})
    assert merge(known, unknown) is known
    assert merge(unknown, known) is known


def test_two_sides_without_confidence_are_averaged() -> None:
    found = merge(side(LEFT, {1: 0.0}), side(LEFT, {1: 0.0}))
    np.testing.assert_array_equal(found.ids, LEFT)
