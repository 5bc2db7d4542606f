"""Predictions against the truth: the figures of every object of a data set, by its benchmark's rules."""

from collections.abc import Callable
from dataclasses import dataclass

from vos.datasets import Dataset, Layer, Problems, VideoSequence, frame_name, read_truth
from vos.evaluation.predictions import Predictor
from vos.metrics import (
    FrameMeasures,
    ObjectScore,
    Protocol,
    Totals,
    mean_over_objects,
    measure_frame,
    overall,
    score_object,
)

_Frames = dict[int, list[FrameMeasures]]
"""Position → one for each object of a layer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """Every object's score, in the order of the data set's sequences, then of its layers and ids."""

    objects: tuple[ObjectScore, ...]

    @property
    def totals(self) -> Totals:
        """By the benchmark's rule."""
        return overall(self.objects)

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
    incomplete set has no score. Likewise where the benchmark's rules leave no object to score.
    """
    problems = Problems()
    objects: list[ObjectScore] = []
    for sequence in dataset.sequences:
        objects += _score_sequence(sequence, predict, Protocol(dataset.protocol), problems)
        if on_sequence is not None:
            on_sequence(sequence)
    problems.refuse(f"scoring {dataset.name}")
    return Scores(objects=tuple(objects))


def _score_sequence(
    sequence: VideoSequence, predict: Predictor, protocol: Protocol, problems: Problems
) -> list[ObjectScore]:
    """Scores of the sequence's objects; meaningless once a problem was added."""
    scores = []
    for layer in sequence.layers:
        frames = _measure_layer(sequence, layer, predict, protocol, problems)
        scores += [] if problems.found else _score_layer(sequence, layer, frames, protocol)
    return scores


def _measure_layer(
    sequence: VideoSequence, layer: Layer, predict: Predictor, protocol: Protocol, problems: Problems
) -> _Frames:
    frames: _Frames = {}
    prediction_at = predict(sequence, layer)
    for position in layer.scored:
        with problems.collecting(frame_name(sequence, layer, position)):
            truth, prediction = read_truth(sequence, layer, position), prediction_at(position)
            frames[position] = measure_frame(protocol, truth, prediction, layer.ids)
    return frames


def _score_layer(sequence: VideoSequence, layer: Layer, frames: _Frames, protocol: Protocol) -> list[ObjectScore]:
    """Objects that the benchmark does not score are left out."""
    scores = [
        score_object(
            protocol,
            sequence=sequence.name,
            object=one.name,
            group=one.group,
            positions=one.scored,
            frames=[frames[position][column] for position in one.scored],
        )
        for column, one in enumerate(layer.objects)
    ]
    return [score for score in scores if score is not None]
