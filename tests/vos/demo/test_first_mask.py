"""The masks that the demo starts from."""

import cv2
import numpy as np

from vos.demo.film import FIRST_MASK
from vos.io import object_ids, read_mask


def test_three_objects_at_the_clips_size() -> None:
    ids = read_mask(FIRST_MASK)
    assert ids.shape == (720, 1280)
    assert object_ids(ids) == [1, 2, 3]


def test_each_object_is_one_piece() -> None:
    ids = read_mask(FIRST_MASK)
    for object_id in (1, 2, 3):
        pieces, _ = cv2.connectedComponents((ids == object_id).astype(np.uint8))
        assert pieces == 2, f"object {object_id}"  # with the background
