"""Everything is read once, in parallel, before hours are spent: is the truth whole, and is the data what it was?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vos.datasets import Dataset, ManyProblems, Problems, check_frames, check_truth
from vos.errors import WorkError
from vos.evaluation.fingerprints import frames_sha256, joined, masks_sha256, truth_sha256
from vos.evaluation.progress import Progress
from vos.evaluation.tasks import Executor, OnSteps, Outcome, Task, Worker


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What was read of a sequence."""

    problems: tuple[str, ...]
    """Each names the frame; where there are any, the hashes mean nothing."""
    truth_sha256: str
    frames_sha256: str
    masks_sha256: Mapping[Path, str | None]
    """Of the masks that lie in each folder asked about; None where one is missing."""

    @property
    def data_sha256(self) -> str:
        """Of all that a tracker is given and a score is made with."""
        return joined({"frames": self.frames_sha256, "truth": self.truth_sha256})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Check:
    part: Dataset
    """The data set with one sequence."""
    masks: tuple[Path, ...]
    frames: bool


def check_sequences(
    dataset: Dataset, folders: Iterable[Path], executor: Executor, progress: Progress, *, frames: bool = False
) -> dict[str, Checked]:
    """By sequence: the hashes of its data, and of its masks in `folders`/<sequence>.

    frames: also decode every frame, which a tracker would do soon enough. InputError with all that is damaged or does
    not fit in the whole set.
    """
    roots = tuple(folders)
    tasks = [
        Task(
            name=sequence.name,
            size=len(sequence.stems),
            content=_Check(
                part=replace(dataset, sequences=(sequence,)),
                masks=tuple(root / sequence.name for root in roots),
                frames=frames,
            ),
        )
        for sequence in dataset.sequences
    ]
    with executor.open(_make_checker, tasks=len(tasks)) as pool:
        on_steps = progress("checking", sum(task.size for task in tasks))
        found = {outcome.task.name: _result(outcome) for outcome in pool.run(tasks, on_steps)}
    checked = {sequence.name: found[sequence.name] for sequence in dataset.sequences}
    problems = Problems()
    for one in checked.values():
        for problem in one.problems:
            problems.add(problem)
    problems.refuse(f"{dataset.name} in {dataset.root}")
    return checked


def _result(outcome: Outcome) -> Checked:
    if outcome.failure is not None:
        raise WorkError(f"{outcome.task.name}: {outcome.failure.message}")
    checked: Checked = outcome.result
    return checked


def _make_checker() -> Worker:
    return _check


def _check(content: _Check, on_steps: OnSteps) -> Checked:
    (sequence,) = content.part.sequences
    problems: list[str] = []
    for check in (check_truth, check_frames) if content.frames else (check_truth,):
        try:
            check(content.part)
        except ManyProblems as error:
            problems += error.problems
    on_steps(len(sequence.stems))
    return Checked(
        problems=tuple(problems),
        truth_sha256=truth_sha256(sequence),
        frames_sha256=frames_sha256(sequence),
        masks_sha256={folder: masks_sha256(folder, sequence) for folder in content.masks},
    )
