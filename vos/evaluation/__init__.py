"""Running and scoring data sets: plan, run, report.

What is named here is imported when it is asked for: a worker that only scores needs no PyTorch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vos.evaluation.evaluate import evaluate_results, evaluate_tracker
    from vos.evaluation.evaluation import Evaluation
    from vos.evaluation.plan import open_dataset
    from vos.evaluation.scoring import Scores, score_dataset

__all__ = [
    "Evaluation",
    "Scores",
    "evaluate_results",
    "evaluate_tracker",
    "open_dataset",
    "score_dataset",
]

_HOMES = {
    "Evaluation": "evaluation",
    "Scores": "scoring",
    "evaluate_results": "evaluate",
    "evaluate_tracker": "evaluate",
    "open_dataset": "plan",
    "score_dataset": "scoring",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"vos.evaluation.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'vos.evaluation' has no attribute {name!r}")
