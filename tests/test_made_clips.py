import numpy as np
import pytest

from tests.made_clips import MadeClip, leaving_and_returning, moving_objects, with_distractor
from vos.metrics import region_similarity

SMALL = (180, 320)


def copying(clip: MadeClip) -> dict[int, float]:
    """Mean IoU of the first label map against all later ones, by object."""
    first, *later = clip.labels
    objects = [int(identity) for identity in np.unique(first) if identity]
    return {
        one: float(np.mean([region_similarity(labels == one, first == one) for labels in later])) for one in objects
    }


@pytest.mark.parametrize("objects", [10, 30])
def test_the_first_mask_fits_nothing_soon(objects: int):
    clip = moving_objects(objects, size=SMALL)
    scores = copying(clip)
    assert list(scores) == list(range(1, objects + 1))
    assert max(scores.values()) <= 0.3


def test_the_first_mask_fits_no_moving_object_of_the_other_clips():
    assert copying(with_distractor(size=SMALL))[1] <= 0.3
    assert copying(leaving_and_returning(size=SMALL))[1] <= 0.3


@pytest.mark.parametrize("objects", [10, 30])
def test_objects_stay_whole_and_apart(objects: int):
    clip = moving_objects(objects, size=SMALL)
    areas = np.array([np.bincount(labels.ravel(), minlength=objects + 1)[1:] for labels in clip.labels])
    assert (areas.min(axis=0) > 0.5 * areas.max(axis=0)).all()


def test_a_clip_follows_from_its_seed():
    one, same, other = (with_distractor(frames=3, size=SMALL, seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(*pair) for pair in zip(one.frames + one.labels, same.frames + same.labels, strict=True))
    assert not np.array_equal(one.frames[0], other.frames[0])
    assert one.frames[0].dtype == one.labels[0].dtype == np.uint8
    assert one.frames[0].shape == (*SMALL, 3)


def test_the_object_is_gone_for_a_while():
    clip = leaving_and_returning(size=SMALL)
    there = [bool((labels == 1).any()) for labels in clip.labels]
    assert there[:18] == [True] * 18
    assert there[24:36] == [False] * 12
    assert there[-15:] == [True] * 15
    assert all((labels == 2).any() for labels in clip.labels)
