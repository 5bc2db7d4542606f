"""J and F of every object of one frame, from label maps."""

from collections.abc import Sequence

from vos.metrics.boundary import boundary_f
from vos.metrics.region import region_similarity
from vos.types import LabelMap


def score_frame(truth: LabelMap, prediction: LabelMap, objects: Sequence[int]) -> list[tuple[float, float]]:
    """(J, F) of each of `objects` in two (H, W) uint8 label maps; any other id counts as background.

    InputError if the maps differ in shape.
    """
    scores = []
    for object_id in objects:
        of_truth, of_prediction = truth == object_id, prediction == object_id
        scores.append((region_similarity(of_truth, of_prediction), boundary_f(of_truth, of_prediction)))
    return scores
