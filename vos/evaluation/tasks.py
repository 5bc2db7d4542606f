"""Tasks, what became of them, and the interface of those who do them: sequences are opaque here."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from vos.errors import InputError, VosError

OnSteps = Callable[[int], None]
"""Told of so many more steps, frames for instance."""
Worker = Callable[[Any, OnSteps], Any]
"""Does a task: its content in, its result out."""
MakeWorker = Callable[[], Worker]
"""Makes a worker where it will work: what is costly (a model) is loaded once a worker. Pickled, so a function of a
module or a `functools.partial` of one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One piece of work."""

    name: str
    """What an error is reported under."""
    size: int
    """Expected steps: the largest tasks are begun first, so that no long one is left over at the end."""
    content: Any
    """What the worker is given; pickled, unless it is done in this process."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why there is no result."""

    message: str
    refused: bool = False
    """Whether an InputError said so."""
    traceback: str | None = None
    """Of an error that is none of ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a task: a result, or a failure."""

    task: Task
    result: Any = None
    failure: Failure | None = None


class Pool(Protocol):
    """Workers that are kept from one call to the next."""

    def run(self, tasks: Sequence[Task], on_steps: OnSteps) -> Iterator[Outcome]:
        """One outcome a task, as they end. A task that fails stops no other."""
        ...


class Executor(Protocol):
    """Where workers come from."""

    @property
    def threads(self) -> int:
        """CPU threads of each worker; workers set them themselves."""
        ...

    def open(self, make: MakeWorker, *, tasks: int, gpu: bool = False) -> AbstractContextManager[Pool]:
        """Workers made by `make`, at most one for each of `tasks`; gone when the context ends.

        gpu: they use GPUs where there are any, one worker a GPU. InputError if so many workers cannot be had.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class InThisProcess:
    """No workers: one task after the other, here."""

    threads: int = 1

    def open(self, make: MakeWorker, *, tasks: int, gpu: bool = False) -> AbstractContextManager[Pool]:
        return _Here(make)


class _Here(AbstractContextManager["_Here"]):
    def __init__(self, make: MakeWorker) -> None:
        self._make = make
        self._worker: Worker | None = None

    def run(self, tasks: Sequence[Task], on_steps: OnSteps) -> Iterator[Outcome]:
        for task in tasks:
            result, failure = attempt(lambda task=task: self._do(task, on_steps))  # type: ignore[misc]
            yield Outcome(task=task, result=result, failure=failure)

    def _do(self, task: Task, on_steps: OnSteps) -> Any:
        if self._worker is None:
            self._worker = self._make()
        return self._worker(task.content, on_steps)

    def __exit__(self, *_: object) -> None:
        self._worker = None


def attempt(work: Callable[[], Any]) -> tuple[Any, Failure | None]:
    """The result of `work`, or why there is none."""
    try:
        return work(), None
    except VosError as error:
        return None, Failure(message=str(error), refused=isinstance(error, InputError))
    except Exception as error:  # noqa: BLE001 - whatever went wrong with one task must not stop the others
        message = f"{type(error).__name__}: {error}"
        return None, Failure(message=message, traceback=traceback.format_exc())


def largest_first(tasks: Sequence[Task]) -> list[Task]:
    """The order in which to begin; tasks of one size stay in theirs."""
    return sorted(tasks, key=lambda task: -task.size)
