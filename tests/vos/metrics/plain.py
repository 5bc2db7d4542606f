"""The official rules once more, plainly: slow, and independent of the package.

Written from the rules of davis2017-evaluation (`db_eval_iou`, `_seg2bmap`, `f_measure`, `db_statistics`), MOSE-api
(`f_measure_adaptive`, `merge_chunk_results`), lvos-evaluation (`evaluation_method.py`), sav_benchmark.py (`Evaluator`)
and of `skimage.morphology.disk`. DAVIS is done pair by pair; MOSE v2, whose disks are what OpenCV makes of them, with
OpenCV.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
LabelMap = npt.NDArray[np.uint8]


def region(truth: Mask, prediction: Mask) -> float:
    union = int(np.logical_or(truth, prediction).sum())
    return 1.0 if union == 0 else int(np.logical_and(truth, prediction).sum()) / union


def outline(mask: Mask) -> Mask:
    """Pixels that differ from their right, lower or lower-right neighbour.

    Repeating the last row and column says what holds there: a repeated neighbour never differs, and the
    lower-right one of a last row is its right one.
    """
    height, width = mask.shape
    grown = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    neighbours = [grown[y : y + height, x : x + width] for y, x in ((0, 1), (1, 0), (1, 1))]
    return np.any([mask != neighbour for neighbour in neighbours], axis=0)


def matched(boundary: Mask, other: Mask, radius: int) -> int:
    """Pixels of `boundary` with a pixel of `other` within `radius`, by trying every pair."""
    there = np.argwhere(other)
    return sum(bool((((there - here) ** 2).sum(axis=1) <= radius**2).any()) for here in np.argwhere(boundary))


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


def f_measure(truth: Mask, prediction: Mask, radius: int | None = None) -> float:
    return f_of(f_counts(truth, prediction, default_radius(truth.shape) if radius is None else radius))


def f_of(counts: tuple[int, int, int, int]) -> float:
    n_truth, n_prediction, truth_matched, prediction_matched = counts
    if n_truth == 0 and n_prediction == 0:
        precision, recall = 1.0, 1.0
    elif n_prediction == 0:
        precision, recall = 1.0, 0.0
    elif n_truth == 0:
        precision, recall = 0.0, 1.0
    else:
        precision, recall = prediction_matched / n_prediction, truth_matched / n_truth
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


def j_and_f(truth: LabelMap, prediction: LabelMap, objects: Sequence[int]) -> list[tuple[float, float]]:
    """Each object against all else, whatever else there is: background, another object, 255."""
    pairs = [(truth == one, prediction == one) for one in objects]
    return [(region(*pair), f_measure(*pair)) for pair in pairs]


def lattice_disk(radius: float) -> npt.NDArray[np.uint8]:
    """`skimage.morphology.disk`, of radii that are not whole too."""
    steps = np.arange(-radius, radius + 1)
    x, y = np.meshgrid(steps, steps)
    return np.array(x**2 + y**2 <= radius**2, dtype=np.uint8)


def dilated_counts(truth: Mask, prediction: Mask, radius: float) -> tuple[int, int, int, int]:
    """As `f_counts`, with OpenCV's dilation."""
    of_truth, of_prediction = outline(truth), outline(prediction)
    kernel = lattice_disk(radius)
    near_truth = cv2.dilate(of_truth.astype(np.uint8), kernel) > 0
    near_prediction = cv2.dilate(of_prediction.astype(np.uint8), kernel) > 0
    return (
        int(of_truth.sum()),
        int(of_prediction.sum()),
        int((of_truth & near_prediction).sum()),
        int((of_prediction & near_truth).sum()),
    )


def mosev2(truth: Mask, prediction: Mask) -> tuple[float, float, float]:
    """J, F with the adaptive radius, F with the diagonal's."""
    intersection, union = np.logical_and(truth, prediction).sum(), np.logical_or(truth, prediction).sum()
    j = float((intersection + 1) / (union + 1))
    limit = 0.008 * np.linalg.norm(truth.shape)
    wanted = np.ceil(0.1 * (np.sqrt(truth.sum()) if truth.any() else np.linalg.norm(truth.shape)))
    radii = (wanted, np.ceil(limit)) if wanted < limit else (limit, limit)
    adaptive, diagonal = (f_of(dilated_counts(truth, prediction, radius)) for radius in radii)
    return j, adaptive, diagonal


def mosev2_segments(in_truth: Sequence[bool]) -> tuple[list[range], list[range]]:
    """Frames in which the object is gone after it was there, and those in which it is back, stretch by stretch."""
    n = len(in_truth)
    gone, back = [], []
    for start in range(1, n):
        if in_truth[start] != in_truth[start - 1]:
            end = start
            while end < n and in_truth[end] == in_truth[start]:
                end += 1
            (back if in_truth[start] else gone).append(range(start, end))
    return gone, back


def sav(pairs: Sequence[tuple[Mask, Mask]]) -> tuple[list[float], list[float]] | None:
    """J and F of an object's frames that count; None where the truth never has it."""
    known = in_truth = False
    j, f = [], []
    for truth, prediction in pairs:
        in_truth |= bool(truth.any())
        known |= bool(truth.any() or prediction.any())
        if known:
            j.append(region(truth, prediction))
            f.append(f_measure(truth, prediction))
    return (j, f) if in_truth else None


def statistics(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean, recall and decay; the bins' edges in whole numbers, halves rounded up (which is what + 1e-10 is for)."""
    n = len(values)
    edges = [(4 + (n - 1) * quarter + 2) // 4 for quarter in range(5)]
    first = [values[i - 1] for i in range(edges[0], edges[1] + 1)]
    last = [values[i - 1] for i in range(edges[3], edges[4] + 1)]
    mean = math.fsum(values) / n
    recall = sum(value > 0.5 for value in values) / n
    return mean, recall, math.fsum(first) / len(first) - math.fsum(last) / len(last)
