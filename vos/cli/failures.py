"""How errors end a command: its exit status, and what is told of them."""

from vos.errors import InputError, VosError

REFUSED = 2
"""Exit status of what is refused before work starts."""
FAILED = 1
"""Exit status of work that failed."""


def exit_code(error: VosError) -> int:
    """REFUSED or FAILED."""
    return REFUSED if isinstance(error, InputError) else FAILED


def lines_of(error: VosError) -> list[str]:
    """The message; several lines only where it lists several problems."""
    return [" ".join(line.split()) for line in str(error).splitlines()]
