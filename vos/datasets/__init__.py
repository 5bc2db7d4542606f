"""Data sets in their official layouts: one file a data set, one description for all."""

from vos.datasets.check import check_truth
from vos.datasets.davis import DavisLayout, open_davis
from vos.datasets.description import Dataset, LabelRule, ObjectTrack, VideoSequence
from vos.datasets.labels import read_prediction, read_prompts, read_truth
from vos.datasets.problems import ManyProblems, Problems

__all__ = [
    "Dataset",
    "DavisLayout",
    "LabelRule",
    "ManyProblems",
    "ObjectTrack",
    "Problems",
    "VideoSequence",
    "check_truth",
    "open_davis",
    "read_prediction",
    "read_prompts",
    "read_truth",
]
