"""Tracking every sequence of a data set that is not finished yet, several at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vos.datasets import Dataset
from vos.errors import InputError, WorkError
from vos.evaluation.checks import Checked
from vos.evaluation.journal import Finished
from vos.evaluation.progress import Progress
from vos.evaluation.tasks import Failure, Outcome, Pool, Task
from vos.evaluation.tracking_worker import Describe, Track, Tracked


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """A sequence that could not be tracked."""

    run: str
    sequence: str
    failure: Failure


def describe_models(pool: Pool) -> dict[str, dict[str, str]]:
    """Each run's model as a worker has it: name, weights_sha256, device. InputError if it cannot be loaded."""
    (outcome,) = pool.run([Task(name="model", size=0, content=Describe())], lambda _: None)
    if outcome.failure is not None:
        kind = InputError if outcome.failure.refused else WorkError
        raise kind(outcome.failure.message)
    models: dict[str, dict[str, str]] = outcome.result
    return models


def reusable(
    journal: Iterable[Finished], checked: Mapping[str, Checked], runs: Iterable[str], out: Path
) -> list[Finished]:
    """The entries whose data is what it was and whose masks below `out` are all there, unchanged."""
    return [
        entry
        for entry in {(entry.run, entry.sequence): entry for entry in journal}.values()
        if entry.run in runs
        and entry.sequence in checked
        and entry.data_sha256 == checked[entry.sequence].data_sha256
        and entry.masks_sha256 == checked[entry.sequence].masks_sha256[out / entry.run / entry.sequence]
    ]


def track_dataset(
    dataset: Dataset,
    models: Mapping[str, Mapping[str, str]],
    finished: Sequence[Finished],
    checked: Mapping[str, Checked],
    pool: Pool,
    out: Path,
    progress: Progress,
) -> Iterator[Finished | Failed]:
    """Write `out`/<run>/<sequence>/<frame>.png for every run of `models` and every sequence not finished.

    Yields each as it ends, in any order; what fails stops nothing else.
    """
    done = {(entry.run, entry.sequence) for entry in finished}
    tasks = [
        Task(
            name=sequence.name,
            size=len(sequence.stems) * len(sequence.layers),
            content=Track(run=run, sequence=sequence, folder=out / run / sequence.name),
        )
        for run in models
        for sequence in dataset.sequences
        if (run, sequence.name) not in done
    ]
    on_steps = progress("tracking", sum(task.size for task in tasks))
    for outcome in pool.run(tasks, on_steps) if tasks else ():
        yield _ended(outcome, models, checked)


def _ended(
    outcome: Outcome, models: Mapping[str, Mapping[str, Any]], checked: Mapping[str, Checked]
) -> Finished | Failed:
    run, sequence = outcome.task.content.run, outcome.task.name
    if outcome.failure is not None:
        return Failed(run=run, sequence=sequence, failure=outcome.failure)
    tracked: Tracked = outcome.result
    if tracked.weights_sha256 != models[run]["weights_sha256"]:
        message = f"its worker loaded other weights ({tracked.weights_sha256}): the file changed during the run"
        return Failed(run=run, sequence=sequence, failure=Failure(message=message))
    return Finished(
        run=run,
        sequence=sequence,
        data_sha256=checked[sequence].data_sha256,
        masks_sha256=tracked.masks_sha256,
        frames=tracked.frames,
        seconds=tracked.seconds,
        peak_memory_mib=tracked.peak_memory_mib,
        peak_gpu_memory_mib=tracked.peak_gpu_memory_mib,
    )
