"""Workers as actors of a Ray cluster: the one place that imports `ray`, and only when it is asked for."""

import logging
import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from vos.errors import InputError
from vos.evaluation.tasks import Failure, MakeWorker, OnSteps, Outcome, Pool, Task, Worker, attempt, largest_first


@contextmanager
def ray_cluster(workers: int | None, threads: int) -> Iterator["RayActors"]:
    """The cluster that RAY_ADDRESS names, else the one that runs on this machine, else one that is started here.

    workers: as many as the cluster has room for if None. InputError where Ray is missing or cannot be reached.
    """
    ray = _load_ray()
    mine = not ray.is_initialized()
    if mine:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told of what runs here
        try:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise InputError(f"--executor ray: the cluster cannot be reached ({error})") from error
    try:
        yield RayActors(ray=ray, workers=workers, threads=threads)
    finally:
        if mine:
            ray.shutdown()


@dataclass(frozen=True, kw_only=True, slots=True)
class RayActors:
    """Workers of a cluster that is connected to. Its machines must see the same files at the same paths."""

    ray: ModuleType
    workers: int | None
    threads: int
    """CPU cores that each worker takes."""

    @contextmanager
    def open(self, make: MakeWorker, *, tasks: int, gpu: bool = False) -> Iterator[Pool]:
        resources = self.ray.cluster_resources()
        gpus = int(resources.get("GPU", 0)) if gpu else 0
        room = gpus or int(resources.get("CPU", 0) // self.threads)
        if room < max(1, self.workers or 1):
            raise InputError(
                f"--executor ray: the cluster's {resources.get('CPU', 0):.0f} CPUs and {resources.get('GPU', 0):.0f} "
                f"GPUs make {room} workers of {self.threads} threads; "
                f"{1 if self.workers is None else self.workers} are asked for"
            )
        actor = self.ray.remote(num_cpus=self.threads, num_gpus=1 if gpus else 0)(_Actor)
        pool = _Actors(self.ray, actor, make, min(self.workers or room, tasks))
        try:
            yield pool
        finally:
            pool.end()


class _Actor:
    """A worker in its process. It works in the folder of the command, where relative paths lead to the same files."""

    def __init__(self, folder: str) -> None:
        os.chdir(folder)
        self._worker: Worker | None = None

    def do(self, make: MakeWorker, content: Any) -> tuple[int, Any, Failure | None]:
        """Steps done, result, failure. The worker is made for the first task."""
        steps: list[int] = []
        result, failure = attempt(lambda: self._made(make)(content, steps.append))
        return sum(steps), result, failure

    def _made(self, make: MakeWorker) -> Worker:
        if self._worker is None:
            self._worker = make()
        return self._worker


class _Actors:
    def __init__(self, ray: ModuleType, actor: Any, make: MakeWorker, workers: int) -> None:
        self._ray = ray
        self._actor = actor
        self._make = make
        self._workers = workers
        self._idle: list[Any] = []
        self._busy: dict[Any, tuple[Any, Task]] = {}

    def run(self, tasks: Sequence[Task], on_steps: OnSteps) -> Iterator[Outcome]:
        waiting = deque(largest_first(tasks))
        while waiting or self._busy:
            while waiting and len(self._busy) < self._workers:
                self._hand_out(waiting.popleft())
            (done, *_), _ = self._ray.wait(list(self._busy))
            yield self._outcome(done, on_steps)

    def end(self) -> None:
        """Stop all actors, whatever they do."""
        for actor in [*self._idle, *(actor for actor, _ in self._busy.values())]:
            self._ray.kill(actor)

    def _hand_out(self, task: Task) -> None:
        actor = self._idle.pop() if self._idle else self._actor.remote(os.getcwd())
        self._busy[actor.do.remote(self._make, task.content)] = (actor, task)

    def _outcome(self, done: Any, on_steps: OnSteps) -> Outcome:
        """Steps are told of when their task ends. An actor that is lost is replaced by the next one handed out."""
        actor, task = self._busy.pop(done)
        try:
            steps, result, failure = self._ray.get(done)
        except self._ray.exceptions.RayError as error:
            reason = " ".join(str(error).split())
            return Outcome(task=task, failure=Failure(message=f"its Ray worker was lost: {reason}"))
        self._idle.append(actor)
        on_steps(steps)
        return Outcome(task=task, result=result, failure=failure)


def _load_ray() -> ModuleType:
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise InputError("--executor ray needs Ray: pip install 'vos-in-context[ray]'") from error
    return ray
