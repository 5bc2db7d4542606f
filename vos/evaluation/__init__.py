"""Running and scoring data sets: plan, run, report."""

from vos.evaluation.evaluate import evaluate_results, evaluate_tracker, tracked_frames
from vos.evaluation.plan import open_dataset
from vos.evaluation.report import Evaluation
from vos.evaluation.scoring import Scores, score_dataset

__all__ = [
    "Evaluation",
    "Scores",
    "evaluate_results",
    "evaluate_tracker",
    "open_dataset",
    "score_dataset",
    "tracked_frames",
]
