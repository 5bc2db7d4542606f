"""What a tracker remembers, apart from features: enough to remember it again in another process."""

from dataclasses import dataclass

from vos.focus import Focus
from vos.memory.policies import Record


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortMemory:
    """Objects that appeared in one mask, and the frames that are remembered for them."""

    passes: tuple[tuple[int, ...], ...]
    """Object ids of each pass, in the order of their slots."""
    records: tuple[Record, ...]
    """Pinned frames, then predicted ones, each in the order they came."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """Of the whole tracker."""

    cohorts: tuple[CohortMemory, ...] = ()
    """In the order they appeared."""
    focus: Focus | None = None
    """What the model is to be shown of the next frame; None where no object has been."""

    @property
    def frames(self) -> frozenset[int]:
        """Numbers of the frames that any cohort remembers."""
        return frozenset(record.index for cohort in self.cohorts for record in cohort.records)
