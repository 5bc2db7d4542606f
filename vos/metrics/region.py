"""Region similarity J: how much of the two areas is shared."""

import numpy as np

from vos.metrics.masks import Mask, require_mask_pair


def region_counts(truth: Mask, prediction: Mask) -> tuple[int, int]:
    """Pixels of the intersection and of the union of two (H, W) bool masks."""
    require_mask_pair(truth, prediction)
    intersection = int(np.count_nonzero(truth & prediction))
    union = int(np.count_nonzero(truth)) + int(np.count_nonzero(prediction)) - intersection
    return intersection, union


def region_similarity(truth: Mask, prediction: Mask) -> float:
    """J = |truth ∩ prediction| / |truth ∪ prediction| in 0..1; 1 where both (H, W) bool masks are empty.

    InputError if the masks differ in shape or are not bool. Source: `db_eval_iou` of davis2017-evaluation.
    """
    intersection, union = region_counts(truth, prediction)
    return 1.0 if union == 0 else intersection / union
