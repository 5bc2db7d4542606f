"""How fast frames were tracked."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Speed:
    """Of one worker, reading and writing included."""

    frames: int
    seconds: float

    @property
    def frames_per_second(self) -> float:
        return self.frames / self.seconds


def total_speed(speeds: Mapping[str, Speed]) -> Speed:
    """Of all sequences together: one worker's mean speed, however many there were."""
    return Speed(
        frames=sum(speed.frames for speed in speeds.values()),
        seconds=sum(speed.seconds for speed in speeds.values()),
    )
