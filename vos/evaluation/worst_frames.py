"""The frames that went worst, as pictures: the truth and the prediction of each."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vos.datasets import VideoSequence, read_truth
from vos.evaluation.evaluation import Evaluation
from vos.evaluation.predictions import Predictor
from vos.io import open_clip, paint_overlay
from vos.metrics import ObjectScore
from vos.types import Image

MOST = 8
_WIDTH = 560
_MARGIN = 6
_SMALLEST_PART = 0.3
"""Of a frame's width and height: nearer it is not shown, so that one sees where it is."""
_SURROUNDINGS = 2.0
"""What is shown is this much wider and higher than the object."""
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorstFrame:
    """An object's worst frame, near to it if it is small: all objects are painted, and a box is around this one."""

    score: ObjectScore
    stem: str
    truth: Image
    prediction: Image


def worst_frames(evaluation: Evaluation, predict: Predictor) -> list[WorstFrame]:
    """The worst frames of at most `MOST` objects, worst first, one an object; none of an object without fault.

    predict: gives the masks that were scored. InputError or WorkError for a picture or mask that cannot be read.
    """
    faulty = [score for score in evaluation.scores.objects if score.worst.jf < 1]
    chosen = sorted(faulty, key=lambda score: score.worst.jf)[:MOST]
    return [_worst_frame(evaluation.sequence(score.sequence), score, predict) for score in chosen]


def _worst_frame(sequence: VideoSequence, score: ObjectScore, predict: Predictor) -> WorstFrame:
    position = score.worst.position
    (frame,) = open_clip(sequence.images, (position, position + 1))
    layer = sequence.layer_of(score.object)
    truth, prediction = read_truth(sequence, layer, position), predict(sequence, layer)(position)
    (one,) = (track.id for track in layer.objects if track.name == score.object)
    concerned = (truth == one) | (prediction == one)
    return WorstFrame(
        score=score,
        stem=sequence.stems[position],
        truth=_shown(paint_overlay(frame.image, truth), concerned),
        prediction=_shown(paint_overlay(frame.image, prediction), concerned),
    )


def _shown(picture: Image, concerned: npt.NDArray[np.bool_]) -> Image:
    """`picture` at the width of a report, near to the pixels of `concerned` if they are few, with a box around them."""
    height, width = picture.shape[:2]
    if not concerned.any():
        return _scaled(picture, _WIDTH / width)
    rows, columns = np.flatnonzero(concerned.any(axis=1)), np.flatnonzero(concerned.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
    part = max(_SMALLEST_PART, _SURROUNDINGS * (bottom - top) / height, _SURROUNDINGS * (right - left) / width)
    crop_height, crop_width = (max(1, round(min(part, 1) * side)) for side in (height, width))
    y = _start((top + bottom) // 2, crop_height, height)
    x = _start((left + right) // 2, crop_width, width)
    scale = _WIDTH / crop_width
    near = _scaled(picture[y : y + crop_height, x : x + crop_width], scale)
    first = round((left - x) * scale) - _MARGIN, round((top - y) * scale) - _MARGIN
    last = round((right + 1 - x) * scale) + _MARGIN, round((bottom + 1 - y) * scale) + _MARGIN
    cv2.rectangle(near, first, last, _BLACK, thickness=3)
    cv2.rectangle(near, first, last, _WHITE, thickness=1)
    return near


def _start(centre: int, part: int, whole: int) -> int:
    """Where `part` pixels around `centre` begin, so that they lie inside `whole`."""
    return min(max(centre - part // 2, 0), whole - part)


def _scaled(picture: Image, scale: float) -> Image:
    size = (_WIDTH, max(1, round(picture.shape[0] * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
