"""The band around a matte's edge: only there a matte is between 0 and 1."""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from vos.types import Plane

Area = npt.NDArray[np.bool_]
"""(H, W) bool."""

Place = tuple[slice, slice]
"""Rows and columns of a picture; neither end is left open."""

_TILE = 192
"""Pixels of a tile's side: smaller ones hug an edge, and overlap more."""

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


def edge_boxes(inside: Area, reach: int) -> Iterator[Place]:
    """Boxes, none over another, that together hold every pixel within `reach` of an area's edge: of most areas they
    are a small part of the picture."""
    edge = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    height, width = inside.shape
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            tile = slice(top, min(top + _TILE, height)), slice(left, min(left + _TILE, width))
            near = widened(tile, reach)
            if edge[near].any():
                rows, columns = widened(moved(bounding_slices(edge[near], 0), near[0].start, near[1].start), reach)
                yield _common(rows, tile[0]), _common(columns, tile[1])


def moved(place: Place, down: int, right: int) -> Place:
    """The same rows and columns, counted from another corner."""
    rows, columns = place
    return slice(rows.start + down, rows.stop + down), slice(columns.start + right, columns.stop + right)


def widened(place: Place, margin: int) -> Place:
    """With `margin` more rows and columns on each side, as far as there are any."""
    rows, columns = (slice(max(0, one.start - margin), one.stop + margin) for one in place)
    return rows, columns


def bounding_slices(area: Area, margin: int) -> Place:
    """Rows and columns of the smallest box around an area that holds something, `margin` pixels wider on each side."""
    rows, columns = np.flatnonzero(area.any(axis=1)), np.flatnonzero(area.any(axis=0))
    return widened((slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)), margin)


def _common(one: slice, other: slice) -> slice:
    return slice(max(one.start, other.start), min(one.stop, other.stop))
