"""J and F of every object of one frame, from label maps."""

from collections.abc import Sequence

from vos.metrics.boundary import boundaries, match, tolerance_radius
from vos.metrics.masks import box_with_boundary, require_same_shape
from vos.metrics.region import region_similarity
from vos.types import LabelMap


def score_frame(truth: LabelMap, prediction: LabelMap, objects: Sequence[int]) -> list[tuple[float, float]]:
    """(J, F) of each of `objects` (ids from 1) in two (H, W) uint8 label maps; any other id counts as background.

    InputError if the maps differ in shape.
    """
    require_same_shape(truth, prediction)
    radius = tolerance_radius(*truth.shape)
    crop = box_with_boundary(truth | prediction)  # holds every object; what is left out of it counts nowhere
    truth, prediction = truth[crop], prediction[crop]
    scores = []
    for object_id in objects:
        of_truth, of_prediction = truth == object_id, prediction == object_id
        scores.append(
            (region_similarity(of_truth, of_prediction), match(boundaries(of_truth, of_prediction), radius).f)
        )
    return scores
