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
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorstFrame:
    """An object's worst frame, with all objects painted over the picture and a box around this one."""

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
    truth, prediction = read_truth(sequence, position), predict(sequence)(position)
    concerned = (truth == score.object_id) | (prediction == score.object_id)
    return WorstFrame(
        score=score,
        stem=sequence.stems[position],
        truth=_boxed(paint_overlay(frame.image, truth), concerned),
        prediction=_boxed(paint_overlay(frame.image, prediction), concerned),
    )


def _boxed(picture: Image, concerned: npt.NDArray[np.bool_]) -> Image:
    """`picture` at the width of a report, with a box around the pixels of `concerned`, if there are any."""
    height, width = picture.shape[:2]
    scale = _WIDTH / width
    small = cv2.resize(picture, (_WIDTH, max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    if concerned.any():
        rows, columns = np.flatnonzero(concerned.any(axis=1)), np.flatnonzero(concerned.any(axis=0))
        first = (round(columns[0] * scale) - _MARGIN, round(rows[0] * scale) - _MARGIN)
        last = (round(columns[-1] * scale) + _MARGIN, round(rows[-1] * scale) + _MARGIN)
        cv2.rectangle(small, first, last, _BLACK, thickness=3)
        cv2.rectangle(small, first, last, _WHITE, thickness=1)
    return small
