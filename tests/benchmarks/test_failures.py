"""The clips of known failures have a truth that fits their pictures, and the sheet is scored against it."""

import numpy as np
import pytest

from benchmarks import failure_clips
from benchmarks.failures import worst_object


@pytest.mark.parametrize("name", failure_clips.CLIPS)
def test_objects_move_across_and_are_drawn_where_truth_has_them(name: str) -> None:
    draw = failure_clips.CLIPS[name]
    (first, truth), (last, later) = draw(0), draw(failure_clips.FRAMES - 1)
    assert first.shape == last.shape == (*failure_clips.SIZE, 3)
    for identity in np.unique(truth[truth > 0]):
        start, end = (np.argwhere(ids == identity)[:, 1].mean() for ids in (truth, later))
        assert abs(end - start) > failure_clips.SIZE[1] / 2
        inside, outside = first[truth == identity].mean(0), first[truth == 0].mean(0)
        assert np.abs(inside - outside).max() > 20


def test_the_same_frame_is_the_same_picture() -> None:
    for draw in failure_clips.CLIPS.values():
        for one, other in zip(draw(5), draw(5), strict=True):
            assert np.array_equal(one, other)


def test_the_object_that_is_met_least_counts() -> None:
    truth = np.array([[1, 1, 2, 2, 0, 0]], np.uint8)
    assert worst_object(truth, truth) == 1
    assert worst_object(truth, np.array([[1, 1, 2, 0, 0, 0]], np.uint8)) == 0.5
    assert worst_object(truth, np.array([[1, 1, 1, 1, 0, 0]], np.uint8)) == 0
