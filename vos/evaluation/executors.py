"""Executors by name: `local` and `ray`."""

from collections.abc import Iterator
from contextlib import contextmanager

from vos.errors import InputError
from vos.evaluation.processes import Processes
from vos.evaluation.ray_workers import ray_cluster
from vos.evaluation.tasks import Executor, InThisProcess

EXECUTORS = ("local", "ray")


@contextmanager
def open_executor(name: str, *, workers: int | None, threads: int) -> Iterator[Executor]:
    """What `--executor`, `--workers` and `--threads` ask for.

    workers: None takes as many as suit the machines; 0, of `local` only, does everything in this process.
    InputError for a name or a number that there is not, and for a cluster that cannot be reached.
    """
    if threads < 1:
        raise InputError(f"--threads {threads}: each worker needs at least 1")
    if workers is not None and workers < (1 if name == "ray" else 0):
        raise InputError(
            f"--workers {workers}: must be at least 1" + ("" if name == "ray" else ", or 0 for no process")
        )
    if name == "local":
        yield InThisProcess(threads=threads) if workers == 0 else Processes(workers=workers, threads=threads)
    elif name == "ray":
        with ray_cluster(workers, threads) as actors:
            yield actors
    else:
        raise InputError(f"--executor {name}: must be one of {', '.join(EXECUTORS)}")
