"""Measures of masks against the truth: pure functions on arrays, held to the official figures."""

from vos.metrics.boundary import boundary_f
from vos.metrics.frames import FrameMeasures, measure_frame
from vos.metrics.objects import FrameScore, ObjectScore, score_object
from vos.metrics.protocols import Protocol
from vos.metrics.region import region_similarity
from vos.metrics.summary import Summary, summarise
from vos.metrics.totals import Totals, mean_over_objects, overall

__all__ = [
    "FrameMeasures",
    "FrameScore",
    "ObjectScore",
    "Protocol",
    "Summary",
    "Totals",
    "boundary_f",
    "mean_over_objects",
    "measure_frame",
    "overall",
    "region_similarity",
    "score_object",
    "summarise",
]
