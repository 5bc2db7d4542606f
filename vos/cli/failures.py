"""How errors end a command: its exit status, and what is told of them."""

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


def exit_code(error: VosError) -> int:
    """REFUSED, FAILED, INTERRUPTED or TERMINATED."""
    if isinstance(error, Interrupted):
        return TERMINATED if isinstance(error, Terminated) else INTERRUPTED
    return REFUSED if isinstance(error, InputError) else FAILED


def lines_of(error: VosError) -> list[str]:
    """The message; several lines only where it lists several problems."""
    return [" ".join(line.split()) for line in str(error).splitlines()]
