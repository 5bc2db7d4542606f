"""Numbers in file names: their natural order, and those that are left out."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key under which digits count as numbers: img2 before img10."""
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part]


def missing_numbers(stems: Sequence[str]) -> tuple[str, ...]:
    """Numbers left out by names that differ in their last number only, in order: `("12", "15-17")`.

    The most frequent distance between neighbours counts as the step, so that every fifth frame is no gap. Names
    of another kind leave nothing out.
    """
    matches = [re.fullmatch(r"(.*?)(\d+)(\D*)", stem) for stem in stems]
    named = [match for match in matches if match is not None]
    if len(named) < len(stems) or len({(match[1], match[3]) for match in named}) > 1:
        return ()
    numbers = [int(match[2]) for match in named]
    steps = Counter(after - before for before, after in pairwise(numbers))
    if not steps:
        return ()
    step = min(steps, key=lambda one: (-steps[one], one))
    gaps = [(before + step, after - step) for before, after in pairwise(numbers) if after - before > step]
    return tuple(str(first) if first >= last else f"{first}-{last}" for first, last in gaps)
