"""Runs that are stopped: by Ctrl-C, by SIGTERM, or by what fails."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from vos.cli.failures import Interrupted, Terminated
from vos.errors import WorkError

if TYPE_CHECKING:
    from vos.cli.job import Job


class Termination(KeyboardInterrupt):
    """SIGTERM: what has to end well after Ctrl-C does so after this too."""


@contextmanager
def catching_sigterm() -> Iterator[None]:
    """Within it SIGTERM raises Termination, as Ctrl-C raises KeyboardInterrupt; in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _raise_termination)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)  # None: it was no handler of Python's


@contextmanager
def telling_how_to_go_on(job: "Job") -> Iterator[None]:
    """Whatever breaks off a run that can be gone on with becomes an error that says so.

    Ctrl-C becomes Interrupted, and SIGTERM Terminated.
    """
    from vos.resume import FOLDER

    try:
        with catching_sigterm():
            yield
    except WorkError as error:
        raise WorkError(f"{error}{_how_to_go_on(job.out / FOLDER)}") from error
    except Termination as error:
        raise Terminated(f"{job.clip}: terminated{_how_to_go_on(job.out / FOLDER)}") from error
    except KeyboardInterrupt as error:
        raise Interrupted(f"{job.clip}: interrupted{_how_to_go_on(job.out / FOLDER)}") from error


def _how_to_go_on(folder: Path) -> str:
    return "; the same command with --resume goes on" if folder.is_dir() else ""


def _raise_termination(number: int, frame: FrameType | None) -> None:
    raise Termination
