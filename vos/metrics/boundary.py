"""Boundary measure F: how much of the two outlines lies close together.

Source of every rule, where no other is named: `f_measure` and `_seg2bmap` of davis2017-evaluation. The counts equal
the official ones exactly. They are taken inside the box of both masks, which holds every boundary pixel, so that an
object costs one small dilation whatever the picture's size.
"""

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from vos.metrics.dilation import dilate, disk
from vos.metrics.masks import Mask, box_with_boundary, require_mask_pair

Plane = TypeVar("Plane", npt.NDArray[np.bool_], npt.NDArray[np.uint8])

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
    return math.ceil(TOLERANCE * _diagonal(height, width))


def mosev2_radii(height: int, width: int, area: int) -> tuple[float, float]:
    """MOSE v2's two matching radii in pixels, for an object whose truth has `area` pixels: adaptive, and diagonal's.

    The adaptive one is ceil(0.1 · √area) where that is below 0.008 · diagonal, and the other is `tolerance_radius`
    then. Elsewhere both are 0.008 · diagonal, which is not rounded up there. An empty object has an F of 0 or 1
    whatever the radius. Source: `f_measure_adaptive` in MOSE-api's metricsv2.py, with score.py's bound_th of 0.1.
    """
    adaptive, limit = math.ceil(0.1 * math.sqrt(area)), TOLERANCE * _diagonal(height, width)
    return (adaptive, math.ceil(limit)) if adaptive < limit else (limit, limit)


def _diagonal(height: int, width: int) -> float:
    return math.sqrt(height * height + width * width)


def boundary_map(mask: Plane) -> Plane:
    """Boundary of a (H, W) bool mask, or of each bit of a uint8 plane; of the same shape and dtype.

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


def boundaries(truth: Mask, prediction: Mask) -> npt.NDArray[np.uint8]:
    """Boundaries of two (H, W) bool masks as bits 1 (truth) and 2 (prediction), cropped to where there are any.

    InputError if the masks differ in shape or are not bool.
    """
    require_mask_pair(truth, prediction)
    crop = box_with_boundary(truth | prediction)
    # Two bits of one plane: outlined once, and one dilation serves both.
    both: npt.NDArray[np.uint8] = truth[crop].view(np.uint8) | (prediction[crop].view(np.uint8) << np.uint8(1))
    return boundary_map(both)


def match(edges: npt.NDArray[np.uint8], radius: float) -> BoundaryCounts:
    """Boundary pixels and matches of `boundaries`, for a disk of `radius` pixels (see `disk` where it is not whole)."""
    near = dilate(edges, disk(radius))
    return BoundaryCounts(
        truth=int(np.count_nonzero(edges & 1)),
        prediction=int(np.count_nonzero(edges & 2)),
        truth_matched=int(np.count_nonzero(edges & (near >> 1) & 1)),
        prediction_matched=int(np.count_nonzero(edges & (near << 1) & 2)),
    )


def boundary_f(truth: Mask, prediction: Mask) -> float:
    """F in 0..1 of two (H, W) bool masks, with the radius of DAVIS; see `boundaries` and `BoundaryCounts.f`."""
    return match(boundaries(truth, prediction), tolerance_radius(*truth.shape)).f
