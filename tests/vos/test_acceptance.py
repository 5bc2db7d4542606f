"""What the embedded weights have learned, on made clips with the default preset."""

import numpy as np
import pytest

import vos
from tests.made_clips import MadeClip, leaving_and_returning, moving_objects, with_distractor
from vos.metrics import region_similarity
from vos.types import Segmentation

MANY_OBJECTS_IOU = 0.7
DISTRACTOR_IOU = 0.8
RETURNED_IOU = 0.7


def tracked(clip: MadeClip) -> list[Segmentation]:
    return list(vos.propagate(clip.frames, clip.labels[0]))


def scores(clip: MadeClip, found: list[Segmentation]) -> dict[int, float]:
    """Mean IoU of every object over all frames but the first."""
    objects = [int(identity) for identity in np.unique(clip.labels[0]) if identity]
    pairs = list(zip(clip.labels, found, strict=True))[1:]
    return {
        one: float(np.mean([region_similarity(truth == one, each.ids == one) for truth, each in pairs]))
        for one in objects
    }


@pytest.mark.parametrize("objects", [10, 30])
def test_each_of_many_objects_is_kept(objects: int) -> None:
    clip = moving_objects(objects)
    kept = scores(clip, tracked(clip))
    assert len(kept) == objects
    assert min(kept.values()) >= MANY_OBJECTS_IOU, kept


def test_a_look_alike_is_told_apart() -> None:
    clip = with_distractor()
    assert scores(clip, tracked(clip))[1] >= DISTRACTOR_IOU


def test_an_object_that_leaves_is_gone_and_found_again() -> None:
    clip = leaving_and_returning()
    found = tracked(clip)
    areas = [int((labels == 1).sum()) for labels in clip.labels]
    gone = [each for area, each in zip(areas, found, strict=True) if area == 0]
    assert all(not (each.ids == 1).any() and each.confidence[1] == 0 for each in gone)
    back = [index for index, area in enumerate(areas) if index > gone[-1].index and area > 0.5 * areas[0]]
    assert (
        np.mean([region_similarity(clip.labels[index] == 1, found[index].ids == 1) for index in back]) >= RETURNED_IOU
    )
