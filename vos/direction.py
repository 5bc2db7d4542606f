"""Which way masks are carried through a clip."""

from enum import StrEnum

from vos.errors import InputError


class Direction(StrEnum):
    """From each given mask to later frames, to earlier ones, or both ways with the two merged."""

    FORWARD = "forward"
    BACKWARD = "backward"
    BOTH = "both"


def parse_direction(text: str) -> Direction:
    """Raises InputError for what is none."""
    if text not in list(Direction):
        raise InputError(f"--direction {text}: must be one of {', '.join(Direction)}")
    return Direction(text)
