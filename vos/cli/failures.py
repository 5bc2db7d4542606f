"""How errors end a command: its exit status, and what is told of them."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from vos.errors import InputError, VosError, WorkError

REFUSED = 2
"""Exit status of what is refused before work starts."""
FAILED = 1
"""Exit status of work that failed."""
INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 and the signal's number, as shells count."""
TERMINATED = 143
"""Exit status after SIGTERM, counted so too."""
STOPPED = (INTERRUPTED, TERMINATED)


class Interrupted(WorkError):
    """The user stopped the work."""


class Terminated(Interrupted):
    """The system, or another program, stopped it."""


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


def exit_code(error: VosError) -> int:
    """REFUSED, FAILED, INTERRUPTED or TERMINATED."""
    if isinstance(error, Interrupted):
        return TERMINATED if isinstance(error, Terminated) else INTERRUPTED
    return REFUSED if isinstance(error, InputError) else FAILED


def lines_of(error: VosError) -> list[str]:
    """The message; several lines only where it lists several problems."""
    return [" ".join(line.split()) for line in str(error).splitlines()]


def _raise_termination(number: int, frame: FrameType | None) -> None:
    raise Termination
