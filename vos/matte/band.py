"""The band around a matte's edge: only there a matte is between 0 and 1."""

import cv2
import numpy as np
import numpy.typing as npt

from vos.types import Plane

Area = npt.NDArray[np.bool_]
"""(H, W) bool."""

HALF = 0.5
"""A pixel belongs to the object from here on."""


def signed_distance(inside: Area) -> Plane:
    """Pixels to the edge of an area, positive inside: 0.5 for the pixels on both sides of the edge.

    inside: (H, W) with some pixels true and some false. Returns (H, W) float32.
    """
    return np.where(inside, _distance(inside) - HALF, HALF - _distance(~inside)).astype(np.float32)


def _distance(area: Area) -> Plane:
    """Pixels from each pixel of the area to the nearest one outside."""
    found = cv2.distanceTransform(area.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.sqrt(np.rint(found * found))  # OpenCV's last bit differs from call to call; squares are whole numbers


def bounding_slices(area: Area, margin: int) -> tuple[slice, slice]:
    """Rows and columns of the smallest box around an area that holds something, `margin` pixels wider on each side."""
    rows, columns = np.flatnonzero(area.any(axis=1)), np.flatnonzero(area.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )
