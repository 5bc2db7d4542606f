"""First masks for those who have none: filled polygons, and objects cut out of boxes."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from vos.errors import InputError
from vos.types import Image

Area = npt.NDArray[np.bool_]
"""(H, W) bool, true on the object."""

Point = tuple[int, int]
"""(x, y) of a pixel."""

Box = tuple[int, int, int, int]
"""(x0, y0, x1, y1): columns x0..x1-1, rows y0..y1-1."""

_ITERATIONS = 5
_COARSE_PIXELS = 120_000
_LEAST_MARGIN = 24
_LEAST_PART = 0.05
"""Specks smaller than this share of the object's largest part are dropped."""


def fill_polygon(points: Sequence[Point], width: int, height: int) -> Area:
    """Pixels inside a polygon or on its outline. Raises InputError for fewer than three points, for a point
    outside the picture, and for a polygon that crosses no pixel of it."""
    text = " ".join(f"{x},{y}" for x, y in points)
    if len(points) < 3:
        raise InputError(f"polygon {text!r}: needs at least three points")
    for x, y in points:
        if not (0 <= x <= width and 0 <= y <= height):
            raise InputError(f"polygon {text!r}: {x},{y} is outside the picture of {width}x{height} pixels")
    area = np.zeros((height, width), np.uint8)
    cv2.fillPoly(area, [np.array(points, np.int32)], 1)
    return area.astype(bool)


def cut_out(image: Image, box: Box) -> Area:
    """The object in a box, by GrabCut with the box's surroundings as background.

    Rother, Kolmogorov, Blake: GrabCut, SIGGRAPH 2004. The same input gives the same result. Raises InputError
    for a box outside the picture, one that leaves no background, and one in which nothing stands out.
    """
    height, width = image.shape[:2]
    x0, y0, x1, y1 = box
    text = ",".join(map(str, box))
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise InputError(
            f"box {text}: must be x0,y0,x1,y1 with 0 <= x0 < x1 <= {width} and 0 <= y0 < y1 <= {height}, "
            "the picture's size"
        )
    if (x1 - x0, y1 - y0) == (width, height):
        raise InputError(f"box {text}: covers the whole picture; leave some background, or give a polygon")
    # Near surroundings tell more about what to remove than the whole picture, and are faster.
    margin = max(_LEAST_MARGIN, (x1 - x0) // 2, (y1 - y0) // 2)
    left, top = max(0, x0 - margin), max(0, y0 - margin)
    crop = image[top : min(height, y1 + margin), left : min(width, x1 + margin)]
    found = _largest_parts(_grabcut(crop, (x0 - left, y0 - top, x1 - left, y1 - top)))
    if not found.any():
        raise InputError(f"box {text}: nothing in it stands out from its surroundings; give a polygon")
    area = np.zeros((height, width), bool)
    area[top : top + crop.shape[0], left : left + crop.shape[1]] = found
    return area


def _grabcut(image: Image, box: Box) -> Area:
    """Small first, then at full size along the outline found there: all of it at full size takes long."""
    height, width = image.shape[:2]
    scale = min(1.0, (_COARSE_PIXELS / (height * width)) ** 0.5)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    x0, y0, x1, y1 = (round(side * scale) for side in box)
    labels = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    labels[y0 : max(y0 + 1, y1), x0 : max(x0 + 1, x1)] = cv2.GC_PR_FGD
    coarse = _iterate(small, labels, _ITERATIONS)
    if scale == 1.0:
        return coarse
    large = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) > 0.5
    outline = _iterate(image, _around_outline(large, reach=round(2 / scale)), 1)
    inside = np.zeros_like(outline)
    inside[box[1] : box[3], box[0] : box[2]] = True
    return outline & inside


def _around_outline(area: Area, reach: int) -> npt.NDArray[np.uint8]:
    """GrabCut labels that leave open what lies within `reach` pixels of the outline."""
    filled = area.astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    near = np.where(area, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    labels = np.where(cv2.erode(filled, kernel) > 0, cv2.GC_FGD, near)
    return np.where(cv2.dilate(filled, kernel) == 0, cv2.GC_BGD, labels).astype(np.uint8)


def _iterate(image: Image, labels: npt.NDArray[np.uint8], iterations: int) -> Area:
    foreground = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if foreground.all() or not foreground.any():  # GrabCut needs colours of both
        return foreground
    cv2.setRNGSeed(0)  # it clusters colours from random starts
    models = np.zeros((1, 65)), np.zeros((1, 65))
    bgr = np.ascontiguousarray(image[..., ::-1])
    cv2.grabCut(bgr, labels, None, *models, iterations, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))


def _largest_parts(area: Area) -> Area:
    count, parts, figures, _ = cv2.connectedComponentsWithStats(area.astype(np.uint8))
    if count == 1:
        return area
    sizes = figures[:, cv2.CC_STAT_AREA]
    sizes[0] = 0
    return np.isin(parts, np.flatnonzero(sizes >= _LEAST_PART * sizes.max()))
