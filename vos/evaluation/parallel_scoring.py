"""Several predictions of one data set scored in parallel: one task a sequence and prediction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain

from vos.datasets import Dataset, ManyProblems, Problems
from vos.errors import InputError, WorkError
from vos.evaluation.predictions import Predictor
from vos.evaluation.progress import Progress
from vos.evaluation.scoring import Scores, score_dataset
from vos.evaluation.tasks import Executor, OnSteps, Outcome, Task, Worker
from vos.evaluation.threads import opencv_threads
from vos.run_record import peak_memory_mib


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredAll:
    """What was found, and what it took."""

    scores: Mapping[str, Scores]
    """By prediction, in the order given."""
    peak_memory_mib: float
    """Highest resident memory of any worker."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Score:
    prediction: str
    part: Dataset
    """The data set with one sequence."""
    predict: Predictor


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scored:
    scores: Scores | None
    """None where there are problems."""
    problems: tuple[str, ...]
    peak_memory_mib: float


def score_all(
    dataset: Dataset, predictions: Mapping[str, Predictor], executor: Executor, progress: Progress
) -> ScoredAll:
    """Score every prediction; predictors are pickled.

    InputError with every mask that is missing or does not fit; WorkError naming every sequence whose worker failed.
    """
    tasks = [
        Task(
            name=sequence.name,
            size=len(sequence.scored),
            content=_Score(prediction=name, part=replace(dataset, sequences=(sequence,)), predict=predict),
        )
        for name, predict in predictions.items()
        for sequence in dataset.sequences
    ]
    with executor.open(_make_scorer, tasks=len(tasks)) as pool:
        outcomes = list(pool.run(tasks, progress("scoring", sum(task.size for task in tasks))))
    _refuse_failures(dataset, outcomes)
    found: dict[tuple[str, str], _Scored] = {
        (outcome.task.content.prediction, outcome.task.name): outcome.result for outcome in outcomes
    }
    names = [sequence.name for sequence in dataset.sequences]
    _refuse_problems(dataset, [found[prediction, name] for prediction in predictions for name in names])
    return ScoredAll(
        scores={
            prediction: _joined(dataset, [found[prediction, name].scores for name in names])
            for prediction in predictions
        },
        peak_memory_mib=max(one.peak_memory_mib for one in found.values()),
    )


def _make_scorer() -> Worker:
    return _score


def _score(content: _Score, on_steps: OnSteps) -> _Scored:
    scores: Scores | None = None
    problems: tuple[str, ...] = ()
    try:
        with opencv_threads(1):  # the cores are shared out among the workers
            scores = score_dataset(content.part, content.predict)
    except ManyProblems as error:
        problems = error.problems
    on_steps(len(content.part.sequences[0].scored))
    return _Scored(scores=scores, problems=problems, peak_memory_mib=peak_memory_mib())


def _joined(dataset: Dataset, parts: list[Scores | None]) -> Scores:
    objects = tuple(chain.from_iterable(part.objects for part in parts if part is not None))
    if not objects:
        raise InputError(f"scoring {dataset.name}: by its rules no frame of any object counts in these sequences")
    return Scores(objects=objects)


def _refuse_problems(dataset: Dataset, found: list[_Scored]) -> None:
    problems = Problems()
    for problem in dict.fromkeys(chain.from_iterable(one.problems for one in found)):
        problems.add(problem)
    problems.refuse(f"scoring {dataset.name}")


def _refuse_failures(dataset: Dataset, outcomes: list[Outcome]) -> None:
    failed = [f"{outcome.task.name}: {outcome.failure.message}" for outcome in outcomes if outcome.failure is not None]
    if failed:
        raise WorkError(f"scoring {dataset.name}: " + "; ".join(failed))
