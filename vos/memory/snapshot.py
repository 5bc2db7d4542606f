"""What a tracker remembers, apart from features: enough to remember it again in another process."""

from dataclasses import dataclass

from vos.memory.policies import Record


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortMemory:
    """Objects that appeared in one mask, and the frames that are remembered for them."""

    passes: tuple[tuple[int, ...], ...]
    """Object ids of each pass, in the order of their slots."""
    records: tuple[Record, ...]
    """Pinned frames, then predicted ones, each in the order they came."""


Memory = tuple[CohortMemory, ...]
"""Of every cohort, in the order they appeared."""


def remembered(memory: Memory) -> frozenset[int]:
    """Numbers of the frames that any cohort remembers."""
    return frozenset(record.index for cohort in memory for record in cohort.records)
