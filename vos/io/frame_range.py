"""Which frames of a clip are wanted: by number, or by time."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from vos.errors import InputError

Bound = int | Fraction
"""A frame's number (int), or seconds after the clip's first frame (Fraction)."""

FrameRange = tuple[Bound | None, Bound | None]
"""Half-open: from the first bound on, up to but without the second. None is the clip's own start or end."""


def select_frames(
    path: Path, count: int, frames: FrameRange | None, first_at: Callable[[Fraction], int] | None = None
) -> range:
    """The numbers that `frames` asks for in a clip of `count` frames; None is the whole clip.

    first_at: seconds after the first frame → number of the first frame shown then or later; None where a clip
    has no times. Raises InputError for a range that lies outside the clip or holds no frame, and for seconds
    where there are no times.
    """
    if frames is None:
        return range(count)
    if first_at is None and any(isinstance(bound, Fraction) for bound in frames):
        raise InputError(f"{path}: a folder of images has no times; give frame numbers, not {describe_range(frames)}")
    start = 0 if frames[0] is None else _number(frames[0], first_at)
    stop = count if frames[1] is None else _number(frames[1], first_at)
    if not 0 <= start < stop <= count:
        raise InputError(
            f"{path}: frames {describe_range(frames)} are outside the clip, which has {count} frames; "
            f"A:B needs 0 <= A < B <= {count}"
        )
    return range(start, stop)


def describe_range(frames: FrameRange) -> str:
    """As it is written on the command line: `10:20`, `1.5s:`."""
    return ":".join("" if bound is None else f"{float(bound):g}s" if isinstance(bound, Fraction) else str(bound)
                    for bound in frames)  # fmt: skip


def _number(bound: Bound, first_at: Callable[[Fraction], int] | None) -> int:
    return first_at(bound) if isinstance(bound, Fraction) and first_at is not None else int(bound)
