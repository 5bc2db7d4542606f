"""A picture with its objects tinted and outlined."""

import cv2
import numpy as np

from vos.io.palette import DISPLAY_COLOURS
from vos.types import VOID, Image, LabelMap

_LINE_PER_PIXEL = 1 / 400
"""Width of the contour line, as a fraction of the picture's short side."""


def paint_overlay(image: Image, ids: LabelMap, colours: Image = DISPLAY_COLOURS) -> Image:
    """Each object's colour at half strength over `image`, with a full-strength line inside its border.

    image: (H, W, 3) uint8 RGB; ids: (H, W) uint8, 0 and 255 are left as they are; colours: (256, 3) uint8 RGB of
    each id. Returns a new array.
    """
    objects = np.where(ids == VOID, 0, ids).astype(np.uint8)
    painted = image.copy()
    if not objects.any():
        return painted
    tint = cv2.merge([cv2.LUT(objects, colours[:, channel].copy()) for channel in range(3)])
    cv2.copyTo(cv2.addWeighted(image, 0.5, tint, 0.5, 0), objects, painted)
    cv2.copyTo(tint, _contour(objects), painted)
    return painted


def _contour(objects: LabelMap) -> LabelMap:
    """(H, W) uint8, 255 on pixels of an object that are near another id, else 0."""
    width = max(1, round(min(objects.shape) * _LINE_PER_PIXEL))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * width + 1, 2 * width + 1))
    border = cv2.compare(cv2.dilate(objects, kernel), cv2.erode(objects, kernel), cv2.CMP_NE)
    return np.where(objects > 0, border, 0).astype(np.uint8)
