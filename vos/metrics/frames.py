"""J and F of every object of one frame, from label maps."""

from collections.abc import Sequence
from typing import NamedTuple

from vos.metrics.boundary import boundaries, match, mosev2_radii, tolerance_radius
from vos.metrics.masks import Mask, box_with_boundary, require_same_shape
from vos.metrics.protocols import Protocol
from vos.metrics.region import region_counts
from vos.types import LabelMap


class FrameMeasures(NamedTuple):
    """One object in one frame; J and F in 0..1."""

    j: float
    f: float
    f_diagonal: float
    """F with the radius that depends on the picture alone; the same as `f` but for MOSE v2."""
    in_truth: bool
    """Whether the object has a pixel in the truth."""
    in_prediction: bool


def measure_frame(protocol: Protocol, truth: LabelMap, prediction: LabelMap, ids: Sequence[int]) -> list[FrameMeasures]:
    """Each of `ids` (from 1) in two (H, W) uint8 label maps, in that order; any other id counts as background.

    InputError if the maps differ in shape.
    """
    require_same_shape(truth, prediction)
    measure = _measure_mosev2 if protocol is Protocol.MOSEV2 else _measure
    height, width = truth.shape
    crop = box_with_boundary(truth | prediction)  # holds every object; what is left out of it counts nowhere
    truth, prediction = truth[crop], prediction[crop]
    return [measure(truth == one, prediction == one, height, width) for one in ids]


def _measure(truth: Mask, prediction: Mask, height: int, width: int) -> FrameMeasures:
    """Of masks cropped from a picture of `height` by `width` pixels."""
    region = region_counts(truth, prediction)
    f = match(boundaries(truth, prediction), tolerance_radius(height, width)).f
    return FrameMeasures(region.j, f, f, region.truth > 0, region.prediction > 0)


def _measure_mosev2(truth: Mask, prediction: Mask, height: int, width: int) -> FrameMeasures:
    """As `_measure`, with both of MOSE v2's radii."""
    region = region_counts(truth, prediction)
    edges = boundaries(truth, prediction)
    adaptive, diagonal = mosev2_radii(height, width, region.truth)
    f = match(edges, adaptive).f
    f_diagonal = f if diagonal == adaptive else match(edges, diagonal).f
    return FrameMeasures(region.j_plus_one, f, f_diagonal, region.truth > 0, region.prediction > 0)
