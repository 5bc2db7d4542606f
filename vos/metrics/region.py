"""Region similarity J: how much of the two areas is shared."""

from dataclasses import dataclass

import numpy as np

from vos.metrics.masks import Mask, require_mask_pair


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionCounts:
    """Pixels of two masks and of what they share."""

    truth: int
    prediction: int
    intersection: int

    @property
    def union(self) -> int:
        return self.truth + self.prediction - self.intersection

    @property
    def j(self) -> float:
        """J = |truth ∩ prediction| / |truth ∪ prediction|; 1 where both masks are empty."""
        return 1.0 if self.union == 0 else self.intersection / self.union

    @property
    def j_plus_one(self) -> float:
        """J of MOSE v2, (|∩| + 1) / (|∪| + 1): never 0. Source: `db_eval_iou` in MOSE-api's metricsv2.py."""
        return (self.intersection + 1) / (self.union + 1)


def region_counts(truth: Mask, prediction: Mask) -> RegionCounts:
    """Counts of two (H, W) bool masks. InputError if they differ in shape or are not bool."""
    require_mask_pair(truth, prediction)
    return RegionCounts(
        truth=int(np.count_nonzero(truth)),
        prediction=int(np.count_nonzero(prediction)),
        intersection=int(np.count_nonzero(truth & prediction)),
    )


def region_similarity(truth: Mask, prediction: Mask) -> float:
    """J in 0..1 of two (H, W) bool masks; see `RegionCounts.j`.

    InputError if the masks differ in shape or are not bool. Source: `db_eval_iou` of davis2017-evaluation.
    """
    return region_counts(truth, prediction).j
