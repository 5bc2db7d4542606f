"""Predictions against the truth: J and F of every object of a data set."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vos.datasets import Dataset, ObjectTrack, Problems, VideoSequence, read_truth
from vos.evaluation.predictions import Predictor
from vos.metrics import FrameScore, ObjectScore, Totals, mean_over_objects, score_frame, summarise


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """Every object's score, in the order of the data set's sequences, then of ids."""

    objects: tuple[ObjectScore, ...]

    @property
    def totals(self) -> Totals:
        return mean_over_objects(self.objects)

    @property
    def sequences(self) -> dict[str, Totals]:
        """Mean over the objects of each sequence."""
        names = dict.fromkeys(score.sequence for score in self.objects)
        return {name: mean_over_objects([score for score in self.objects if score.sequence == name]) for name in names}

    @property
    def multi_object(self) -> "Scores | None":
        """The objects that share their sequence with others; None if there are none."""
        shared = tuple(score for score in self.objects if self._neighbours(score) > 1)
        return Scores(objects=shared) if shared else None

    def _neighbours(self, score: ObjectScore) -> int:
        return sum(other.sequence == score.sequence for other in self.objects)


def score_dataset(
    dataset: Dataset, predict: Predictor, on_sequence: Callable[[VideoSequence], None] | None = None
) -> Scores:
    """Score every sequence; `on_sequence` is told of each that is done.

    InputError with every mask that is missing or does not fit, each with its sequence and frame: an
    incomplete set has no score.
    """
    problems = Problems()
    objects: list[ObjectScore] = []
    for sequence in dataset.sequences:
        objects += _score_sequence(sequence, predict, problems)
        if on_sequence is not None:
            on_sequence(sequence)
    problems.refuse(f"scoring {dataset.name}")
    return Scores(objects=tuple(objects))


def _score_sequence(sequence: VideoSequence, predict: Predictor, problems: Problems) -> list[ObjectScore]:
    """Scores of the sequence's objects; meaningless once a problem was added."""
    rows = {position: row for row, position in enumerate(sequence.scored)}
    values = np.zeros((len(rows), len(sequence.objects), 2))
    prediction_at = predict(sequence)
    for position, row in rows.items():
        with problems.collecting(f"{sequence.name} {sequence.stems[position]}"):
            truth, prediction = read_truth(sequence, position), prediction_at(position)
            values[row] = score_frame(truth, prediction, sequence.ids)
    return [
        _object_score(sequence.name, one, values[[rows[position] for position in one.scored], column])
        for column, one in enumerate(sequence.objects)
    ]


def _object_score(sequence: str, track: ObjectTrack, values: npt.NDArray[np.float64]) -> ObjectScore:
    """values: (scored frames, 2) of J and F."""
    return ObjectScore(
        sequence=sequence,
        object_id=track.id,
        frames=len(values),
        j=summarise(values[:, 0]),
        f=summarise(values[:, 1]),
        worst=_worst(track, values),
    )


def _worst(track: ObjectTrack, values: npt.NDArray[np.float64]) -> FrameScore:
    row = int(values.mean(axis=1).argmin())
    return FrameScore(position=track.scored[row], j=float(values[row, 0]), f=float(values[row, 1]))
