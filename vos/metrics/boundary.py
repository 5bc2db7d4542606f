"""Boundary measure F: how much of the two outlines lies close together.

Source of every rule: `f_measure` and `_seg2bmap` of davis2017-evaluation. The counts equal the official
ones exactly. They are taken inside the box of both masks, which holds every boundary pixel, so that an
object costs one small dilation whatever the picture's size.
"""

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

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
    return math.ceil(TOLERANCE * math.sqrt(height * height + width * width))


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


def boundary_counts(truth: Mask, prediction: Mask, radius: int | None = None) -> BoundaryCounts:
    """Boundary pixels and matches of two (H, W) bool masks; `radius` in pixels, by default `tolerance_radius`.

    InputError if the masks differ in shape or are not bool.
    """
    require_mask_pair(truth, prediction)
    if radius is None:
        radius = tolerance_radius(*truth.shape)
    crop = box_with_boundary(truth | prediction)
    # Truth and prediction as two bits of one plane: outlined once, and one dilation serves both.
    both: npt.NDArray[np.uint8] = truth[crop].view(np.uint8) | (prediction[crop].view(np.uint8) << np.uint8(1))
    edges = boundary_map(both)
    near = _spread(edges, radius)
    return BoundaryCounts(
        truth=int(np.count_nonzero(edges & 1)),
        prediction=int(np.count_nonzero(edges & 2)),
        truth_matched=int(np.count_nonzero(edges & (near >> 1) & 1)),
        prediction_matched=int(np.count_nonzero(edges & (near << 1) & 2)),
    )


def boundary_f(truth: Mask, prediction: Mask, radius: int | None = None) -> float:
    """F in 0..1 of two (H, W) bool masks; see `boundary_counts` and `BoundaryCounts.f`."""
    return boundary_counts(truth, prediction, radius).f


def _spread(plane: npt.NDArray[np.uint8], radius: int) -> npt.NDArray[np.uint8]:
    """(H, W) bits, each dilated by the disk x² + y² ≤ radius²; what lies outside the picture is empty.

    The disk (`skimage.morphology.disk`) is a stack of rows. Bits are widened step by step up to its longest row;
    on the way, each length is put at the rows where the disk has it. That is linear in the radius, where a
    kernel of the disk's pixels would be quadratic. Columns of zeros keep a row's bits from the next row's
    pixels, so that the plane is worked on as one long row.
    """
    height, width = plane.shape
    stride = width + radius
    bits = np.zeros((height, stride), dtype=np.uint8)
    bits[:, :width] = plane
    bits = bits.ravel()
    widened, spread = bits.copy(), np.zeros_like(bits)
    reach = 0
    for rows in range(radius, -1, -1):
        half = math.isqrt(radius * radius - rows * rows)
        while reach < half:
            reach += 1
            _or_both_ways(widened, bits, reach)
        _or_both_ways(spread, widened, rows * stride)
    return spread.reshape(height, stride)[:, :width]


def _or_both_ways(into: npt.NDArray[np.uint8], bits: npt.NDArray[np.uint8], step: int) -> None:
    """OR `bits`, moved by `step` places forwards and backwards, into `into`."""
    kept = max(bits.size - step, 0)
    into[step:] |= bits[:kept]
    into[:kept] |= bits[step:]
