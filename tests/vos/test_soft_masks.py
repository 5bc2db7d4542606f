import numpy as np
import torch

from tests.tolerances import CACHED_VERSUS_UNCACHED
from tests.vos.fake_model import ShadeModel
from tests.vos.flat_clips import SIZE, clip, picture
from vos.crop import Crop, whole
from vos.settings import TrackerSettings
from vos.soft_masks import GivenMasks, PaintedMasks
from vos.tracker import Tracker


def tracker() -> Tracker:
    return Tracker(ShadeModel(), TrackerSettings(size=SIZE, memory=2))


def test_painted_planes_agree_with_the_ids_they_decide():
    frames = clip(4, [1, 2, 3, 4, 5])
    tracked = tracker()
    tracked.start(*frames[0])
    for frame, _ in frames[1:]:
        segmentation = tracked.step(frame)
        assert segmentation.soft is not None
        planes = dict(segmentation.soft.planes())
        assert list(planes) == [1, 2, 3, 4, 5]
        stacked = np.stack([1 - sum(planes.values()), *planes.values()])
        top = np.sort(stacked, axis=0)[-2:]
        decided = top[1] - top[0] > 1e-3
        np.testing.assert_array_equal(stacked.argmax(axis=0)[decided], segmentation.ids[decided])
        for plane in planes.values():
            assert (plane.dtype, plane.shape) == (np.float32, SIZE)
            assert plane.min() >= 0
            assert plane.max() <= 1


def test_planes_are_the_passes_at_the_frames_size():
    probabilities = torch.tensor([[[0.75, 0.25]], [[0.25, 0.75]]])
    masks = PaintedMasks(passes=[probabilities], ids=[[7]], size=(2, 8), crop=whole((2, 8)))
    ((identity, plane),) = masks.planes()
    assert identity == 7
    ramp = [0.25, 0.25, 0.3125, 0.4375, 0.5625, 0.6875, 0.75, 0.75]
    np.testing.assert_allclose(plane, [ramp, ramp], rtol=0, atol=CACHED_VERSUS_UNCACHED)


def test_beyond_the_part_that_was_shown_all_is_background():
    probabilities = torch.tensor([[[0.25, 0.25]], [[0.75, 0.75]]])
    shown = Crop(top=1, left=2, height=2, width=4)
    masks = PaintedMasks(passes=[probabilities], ids=[[7]], size=(4, 8), crop=shown)
    expected = np.zeros((4, 8))
    expected[1:3, 2:6] = 1
    np.testing.assert_array_equal(masks.label_map(), 7 * expected)
    ((_, plane),) = masks.planes()
    np.testing.assert_allclose(plane, 0.75 * expected, rtol=0, atol=CACHED_VERSUS_UNCACHED)
    assert masks.pixel == 2


def test_a_given_mask_is_kept_to_the_pixel():
    tracked = tracker()
    tracked.start(*picture({1: (10, 10)}))
    frame, truth = picture({1: (10, 10), 2: (10, 10)}, 1)
    segmentation = tracked.start(frame, truth)
    assert isinstance(segmentation.soft, GivenMasks)
    for identity, plane in segmentation.soft.planes():
        np.testing.assert_array_equal(plane, (segmentation.ids == identity).astype(np.float32))
    assert [identity for identity, _ in segmentation.soft.planes()] == [1, 2]
