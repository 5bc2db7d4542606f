"""Data sets in their official layouts: one file a layout, one description for all."""

from vos.datasets.check import check_frames, check_truth
from vos.datasets.description import Dataset, LabelRule, Layer, ObjectTrack, VideoSequence
from vos.datasets.labels import frame_name, mask_files, mask_path, read_prediction, read_prompts, read_truth
from vos.datasets.opening import read_dataset, read_what_opens
from vos.datasets.preset import DatasetPreset, SplitLayout
from vos.datasets.problems import ManyProblems, Problems

__all__ = [
    "Dataset",
    "DatasetPreset",
    "LabelRule",
    "Layer",
    "ManyProblems",
    "ObjectTrack",
    "Problems",
    "SplitLayout",
    "VideoSequence",
    "check_frames",
    "check_truth",
    "frame_name",
    "mask_files",
    "mask_path",
    "read_dataset",
    "read_prediction",
    "read_prompts",
    "read_truth",
    "read_what_opens",
]
