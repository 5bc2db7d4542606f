"""Label maps as stacks of masks: smooth to interpolate, where a map of ids would tear at its edges."""

from collections.abc import Sequence
from functools import reduce

import cv2
import numpy as np

from seggpt_core.training.data.items import IGNORE, count_labels

MIN_SHARE = 0.004
"""A label must cover this share of its image to be chosen."""


def choose_objects(
    rng: np.random.Generator, labels: np.ndarray, mergeable: bool, objects: int
) -> tuple[np.ndarray, int] | None:
    """(H, W) labels 0..n of n objects drawn from `labels` (255 kept), and n; larger ones are likelier.

    If `mergeable`, all labels together are one object in half of the draws. None if no label is large enough.
    """
    counts = count_labels(labels)
    counts[[0, IGNORE]] = 0
    counts[counts < MIN_SHARE * labels.size] = 0
    present = np.flatnonzero(counts)
    if not len(present):
        return None
    table = np.zeros(256, np.uint8)
    table[IGNORE] = IGNORE
    if mergeable and rng.random() < 0.5:
        table[1:IGNORE] = 1
        return cv2.LUT(labels, table), 1
    weights = np.sqrt(counts[present])
    count = min(len(present), 1 + int(rng.integers(objects)))
    table[rng.choice(present, count, replace=False, p=weights / weights.sum())] = np.arange(1, count + 1)
    return cv2.LUT(labels, table), count


def to_masks(labels: np.ndarray, objects: int) -> np.ndarray:
    """(H, W, objects + 1) uint8 0/255: a channel an object, then the ignored pixels. Other labels are left out."""
    return cv2.merge([cv2.compare(labels, value, cv2.CMP_EQ) for value in (*range(1, objects + 1), IGNORE)])


def from_masks(channels: Sequence[np.ndarray]) -> np.ndarray:
    """(H, W) uint8 labels of the channels of `to_masks`, interpolated or not."""
    labels = np.zeros(channels[0].shape, np.uint8)
    for number, channel in enumerate(channels[:-1]):
        labels[channel > 127] = number + 1
    labels[channels[-1] > 127] = IGNORE
    return labels


def object_box(masks: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, width and height of all objects together; the whole image if there is none."""
    left, top, width, height = cv2.boundingRect(reduce(cv2.max, cv2.split(masks)[:-1]))
    return (left, top, width, height) if width else (0, 0, masks.shape[1], masks.shape[0])
