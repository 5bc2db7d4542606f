"""Measures of masks against the truth: pure functions on arrays, held to the official figures."""

from vos.metrics.aggregate import FrameScore, ObjectScore, Summary, Totals, mean_over_objects, summarise
from vos.metrics.boundary import boundary_f
from vos.metrics.label_maps import score_frame
from vos.metrics.region import region_similarity

__all__ = [
    "FrameScore",
    "ObjectScore",
    "Summary",
    "Totals",
    "boundary_f",
    "mean_over_objects",
    "region_similarity",
    "score_frame",
    "summarise",
]
