"""What an evaluation found, before it becomes files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vos.datasets import Dataset, VideoSequence
from vos.evaluation.scoring import Scores
from vos.evaluation.speed import Speed


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """Masks of a data set, and where they came from. All there is where the truth is not public."""

    dataset: Dataset
    provenance: Mapping[str, Any]
    """Settings and weights' hash, or the results' fingerprint; versions."""
    speeds: Mapping[str, Speed] = field(default_factory=dict)
    """By sequence; empty where given results were scored."""

    def sequence(self, name: str) -> VideoSequence:
        """The sequence of this name."""
        return next(one for one in self.dataset.sequences if one.name == name)

    def stem(self, sequence: str, position: int) -> str:
        """File name, without ending, of a frame."""
        return self.sequence(sequence).stems[position]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation(Run):
    """A run with its scores: everything that a report says."""

    scores: Scores
    baselines: Mapping[str, Scores]
