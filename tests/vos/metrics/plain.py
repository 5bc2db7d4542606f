"""The official measures once more, pixel by pixel and without OpenCV: slow, and independent of the package.

Written from the rules of davis2017-evaluation (`db_eval_iou`, `_seg2bmap`, `f_measure`, `db_statistics`)
and of `skimage.morphology.disk`.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def region(truth: Mask, prediction: Mask) -> float:
    union = int(np.logical_or(truth, prediction).sum())
    return 1.0 if union == 0 else int(np.logical_and(truth, prediction).sum()) / union


def outline(mask: Mask) -> Mask:
    height, width = mask.shape
    boundary = np.zeros((height, width), dtype=bool)
    for y in range(height):
        for x in range(width):
            last_row, last_column = y == height - 1, x == width - 1
            if last_row and last_column:
                continue
            if last_row:
                neighbours = [(y, x + 1)]
            elif last_column:
                neighbours = [(y + 1, x)]
            else:
                neighbours = [(y, x + 1), (y + 1, x), (y + 1, x + 1)]
            boundary[y, x] = any(mask[y, x] != mask[place] for place in neighbours)
    return boundary


def matched(boundary: Mask, other: Mask, radius: int) -> int:
    """Pixels of `boundary` with a pixel of `other` within `radius`, by trying every pair."""
    if not boundary.any() or not other.any():
        return 0
    here, there = np.argwhere(boundary), np.argwhere(other)
    squared = ((here[:, None, :] - there[None, :, :]) ** 2).sum(axis=-1)
    return int((squared.min(axis=1) <= radius**2).sum())


def default_radius(shape: tuple[int, int]) -> int:
    return int(np.ceil(0.008 * np.linalg.norm(shape)))


def f_counts(truth: Mask, prediction: Mask, radius: int) -> tuple[int, int, int, int]:
    of_truth, of_prediction = outline(truth), outline(prediction)
    return (
        int(of_truth.sum()),
        int(of_prediction.sum()),
        matched(of_truth, of_prediction, radius),
        matched(of_prediction, of_truth, radius),
    )


def f_measure(truth: Mask, prediction: Mask, radius: int) -> float:
    n_truth, n_prediction, truth_matched, prediction_matched = f_counts(truth, prediction, radius)
    if n_truth == 0 and n_prediction == 0:
        precision, recall = 1.0, 1.0
    elif n_prediction == 0:
        precision, recall = 1.0, 0.0
    elif n_truth == 0:
        precision, recall = 0.0, 1.0
    else:
        precision, recall = prediction_matched / n_prediction, truth_matched / n_truth
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


def statistics(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean, recall and decay; the bins' edges in whole numbers, halves rounded up (which is what + 1e-10 is for)."""
    n = len(values)
    edges = [(4 + (n - 1) * quarter + 2) // 4 for quarter in range(5)]
    first = [values[i - 1] for i in range(edges[0], edges[1] + 1)]
    last = [values[i - 1] for i in range(edges[3], edges[4] + 1)]
    mean = math.fsum(values) / n
    recall = sum(value > 0.5 for value in values) / n
    return mean, recall, math.fsum(first) / len(first) - math.fsum(last) / len(last)
