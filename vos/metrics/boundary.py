"""Boundary measure F: how much of the two outlines lies close together.

Source of every rule: `f_measure` and `_seg2bmap` of davis2017-evaluation. The counts equal the official
ones exactly. They are taken inside the box of both masks, which holds every boundary pixel, so that an
object costs two small dilations whatever the picture's size.
"""

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from vos.metrics.masks import Mask, require_same_shape

TOLERANCE = 0.008
"""Distance, as a fraction of the picture's diagonal, at which two boundary pixels still match."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BoundaryCounts:
    """Boundary pixels of both masks, and those within the radius of the other's boundary."""

    truth: int
    prediction: int
    truth_matched: int
    prediction_matched: int

    @property
    def f(self) -> float:
        """F = 2PR / (P + R); 1 where both boundaries are empty, 0 where exactly one is."""
        if self.truth == 0 or self.prediction == 0:
            return 1.0 if self.truth == self.prediction else 0.0
        precision = self.prediction_matched / self.prediction
        recall = self.truth_matched / self.truth
        return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


def tolerance_radius(height: int, width: int) -> int:
    """Matching radius in pixels: ceil(0.008 · diagonal), 8 at 480×854."""
    return math.ceil(TOLERANCE * math.sqrt(height * height + width * width))


def boundary_map(mask: Mask) -> Mask:
    """(H, W) bool boundary of a (H, W) bool mask.

    A boundary pixel differs from its right, lower or lower-right neighbour. The last row compares with the
    right neighbour only, the last column with the lower one only, and the last corner is never boundary.
    """
    boundary = np.zeros_like(mask)
    right = mask[:, :-1] ^ mask[:, 1:]
    below = mask[:-1] ^ mask[1:]
    boundary[:, :-1] |= right
    boundary[:-1] |= below
    boundary[:-1, :-1] |= mask[:-1, :-1] ^ mask[1:, 1:]
    return boundary


def boundary_counts(truth: Mask, prediction: Mask, radius: int | None = None) -> BoundaryCounts:
    """Boundary pixels and matches of two (H, W) bool masks; `radius` in pixels, by default `tolerance_radius`.

    InputError if the masks differ in shape or are not bool.
    """
    require_same_shape(truth, prediction)
    if radius is None:
        radius = tolerance_radius(*truth.shape)
    crop = _box_of_boundaries(truth | prediction)
    of_truth = boundary_map(truth[crop])
    of_prediction = boundary_map(prediction[crop])
    return BoundaryCounts(
        truth=int(np.count_nonzero(of_truth)),
        prediction=int(np.count_nonzero(of_prediction)),
        truth_matched=int(np.count_nonzero(of_truth & _dilate(of_prediction, radius))),
        prediction_matched=int(np.count_nonzero(of_prediction & _dilate(of_truth, radius))),
    )


def boundary_f(truth: Mask, prediction: Mask, radius: int | None = None) -> float:
    """F in 0..1 of two (H, W) bool masks; see `boundary_counts` and `BoundaryCounts.f`."""
    return boundary_counts(truth, prediction, radius).f


def _box_of_boundaries(union: Mask) -> tuple[slice, slice]:
    """Rows and columns that hold every boundary pixel of masks inside `union`.

    The box grows by one pixel each way: up and left because boundaries lie there, down and right so that the
    rules for a last row or column apply only where the picture really ends.
    """
    x, y, width, height = cv2.boundingRect(union.view(np.uint8))
    return slice(max(y - 1, 0), y + height + 1), slice(max(x - 1, 0), x + width + 1)


def _dilate(boundary: Mask, radius: int) -> Mask:
    """Every pixel within `radius` of a boundary pixel; what lies outside the picture is empty."""
    return cv2.dilate(boundary.view(np.uint8), _disk(radius)).view(np.bool_)


@cache
def _disk(radius: int) -> npt.NDArray[np.uint8]:
    """Footprint x² + y² ≤ radius², as `skimage.morphology.disk` draws it."""
    offset = np.arange(-radius, radius + 1)
    return (offset[:, None] ** 2 + offset**2 <= radius**2).astype(np.uint8)
