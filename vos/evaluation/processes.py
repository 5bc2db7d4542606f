"""Workers as processes of this machine. One that is killed costs its task and nothing else."""

import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from vos.evaluation.tasks import Failure, MakeWorker, OnSteps, Outcome, Pool, Task, attempt, largest_first

_PATIENCE_S = 5.0
"""How long a worker with nothing to do may take to end before it is killed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Processes:
    """`workers` processes, or as many as suit the machine: one a GPU, or all cores shared among their threads."""

    workers: int | None
    threads: int
    """Of each worker; they decide how many workers there are by default, and are set by the workers themselves."""

    def open(self, make: MakeWorker, *, tasks: int, gpu: bool = False) -> AbstractContextManager[Pool]:
        devices = _visible_gpus() if gpu else []
        default = len(devices) or max(1, cores() // self.threads)
        workers = max(1, min(default if self.workers is None else self.workers, tasks))
        environments = [{"CUDA_VISIBLE_DEVICES": device} for device in devices] or [{}]
        return _opened(_Processes(make, workers, environments))


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(kw_only=True, slots=True, eq=False)
class _Process:
    """A worker as its parent sees it."""

    process: SpawnProcess
    connection: Connection
    slot: int
    ready: bool = False
    task: Task | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Started:
    failure: Failure | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ended:
    result: Any
    failure: Failure | None


class _Processes:
    def __init__(self, make: MakeWorker, workers: int, environments: Sequence[Mapping[str, str]]) -> None:
        self._make = make
        self._environments = environments
        self._free_slots = list(reversed(range(workers)))
        self._processes: list[_Process] = []
        self._start_failure = Failure(message="no worker process could be started")

    def run(self, tasks: Sequence[Task], on_steps: OnSteps) -> Iterator[Outcome]:
        waiting = deque(largest_first(tasks))
        while waiting or self._busy():
            self._hand_out(waiting)
            if not self._processes:
                yield from (Outcome(task=task, failure=self._start_failure) for task in waiting)
                return
            for process in self._with_news():
                outcome = self._hear(process, on_steps)
                if outcome is not None:
                    yield outcome

    def end(self, patience_s: float) -> None:
        """Dismiss the workers; those that are not gone after `patience_s` are killed."""
        for process in self._processes:
            process.connection.close()
        for process in self._processes:
            process.process.join(patience_s)
            process.process.kill()
            process.process.join()

    def _busy(self) -> list[_Process]:
        return [process for process in self._processes if process.task is not None]

    def _hand_out(self, waiting: deque[Task]) -> None:
        while self._free_slots and len(self._processes) < len(self._busy()) + len(waiting):
            self._processes.append(self._start(self._free_slots.pop()))
        for process in [one for one in self._processes if one.ready and one.task is None][: len(waiting)]:
            process.task = waiting.popleft()
            try:
                process.connection.send(process.task.content)
            except OSError:
                continue  # it is gone; `_hear` finds that out

    def _start(self, slot: int) -> _Process:
        context = get_context("spawn")  # a fork would copy threads' locks and a CUDA context, neither usable
        ours, theirs = context.Pipe()
        environment = self._environments[slot % len(self._environments)]
        process = context.Process(target=_serve, args=(theirs, self._make, environment), daemon=True)
        process.start()
        theirs.close()
        return _Process(process=process, connection=ours, slot=slot)

    def _with_news(self) -> list[_Process]:
        ready = wait([process.connection for process in self._processes])
        return [process for process in self._processes if process.connection in ready]

    def _hear(self, process: _Process, on_steps: OnSteps) -> Outcome | None:
        try:
            news = process.connection.recv()
        except (EOFError, OSError):
            return self._bury(process)
        if isinstance(news, int):
            on_steps(news)
        elif isinstance(news, _Started):
            self._take_on(process, news.failure)
        else:
            task, process.task = _task_of(process), None
            return Outcome(task=task, result=news.result, failure=news.failure)
        return None

    def _take_on(self, process: _Process, failure: Failure | None) -> None:
        process.ready = failure is None
        if failure is not None:
            self._part_with(process)
            self._start_failure = failure
            self._free_slots.clear()  # the next one would fail in the same way

    def _bury(self, process: _Process) -> Outcome | None:
        """A worker ended. One that was at work is replaced; one that never began is not."""
        self._part_with(process)
        failure = Failure(message=_how_it_ended(process.process.exitcode))
        if process.ready:
            self._free_slots.append(process.slot)
        else:
            self._start_failure = failure
        return None if process.task is None else Outcome(task=process.task, failure=failure)

    def _part_with(self, process: _Process) -> None:
        self._processes.remove(process)
        process.connection.close()
        process.process.join()


@contextmanager
def _opened(pool: _Processes) -> Iterator[Pool]:
    try:
        yield pool
    except BaseException:
        pool.end(0)
        raise
    pool.end(_PATIENCE_S)


def _task_of(process: _Process) -> Task:
    if process.task is None:
        raise RuntimeError("a worker sent a result that it was not asked for")
    return process.task


def _how_it_ended(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"its worker process ended with exit status {exit_code}"
    name = signal.Signals(-exit_code).name
    hint = ", perhaps for lack of memory: try fewer --workers" if name == "SIGKILL" else ""
    return f"its worker process was killed ({name}{hint})"


def _serve(connection: Connection, make: MakeWorker, environment: Mapping[str, str]) -> None:
    """What a worker process does: make the worker, then one task after the other, until it is dismissed."""
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent decides what ends
    threading.Thread(target=_end_with_parent, daemon=True).start()
    worker, failure = attempt(make)
    try:
        connection.send(_Started(failure=failure))
        while failure is None:
            content = connection.recv()
            result, why = attempt(lambda content=content: worker(content, connection.send))  # type: ignore[misc]
            connection.send(_Ended(result=result, failure=why))
    except (EOFError, ConnectionError):
        return  # the pipe is closed: there is no more to do, perhaps since before this worker was ready


def _end_with_parent() -> None:
    """A parent that was killed cannot say so; its workers must not write into a folder that another run takes over."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _visible_gpus() -> list[str]:
    """What CUDA_VISIBLE_DEVICES calls each GPU that PyTorch sees; empty where there is none."""
    import torch

    number = torch.cuda.device_count()
    named = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return named.split(",")[:number] if named else [str(index) for index in range(number)]
