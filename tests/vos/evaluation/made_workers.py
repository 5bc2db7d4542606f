"""Workers for tests of the executors; in a file of their own, since a worker process imports them."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from vos.errors import InputError, WorkError
from vos.evaluation.tasks import OnSteps, Worker


def make_squarer(log: Path) -> Worker:
    """Squares numbers in steps of one; tells `log` of each worker made. Words make it fail in several ways."""
    with log.open("a") as file:
        file.write(f"{os.getpid()}\n")

    def work(content: Any, on_steps: OnSteps) -> Any:
        if content == "pid":
            return os.getpid()
        if content == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if content == "input":
            raise InputError("no such thing")
        if content == "work":
            raise WorkError("the disk is full")
        if content == "bug":
            return {}["key"]
        for _ in range(content):
            on_steps(1)
        return content**2

    return work


def make_squarer_or_wait(log: Path) -> Worker:
    """The first worker is made at once, the others when `log` is gone."""
    try:
        log.touch(exist_ok=False)
    except FileExistsError:
        while log.exists():
            time.sleep(0.01)
    return make_squarer(Path(os.devnull))


def make_nothing() -> Worker:
    """A worker that cannot be made."""
    raise InputError("model 'none': there is no such model")


def make_and_die() -> Worker:
    """A worker that is killed before it is made."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError
