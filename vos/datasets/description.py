"""What every data set looks like to the code that runs and scores it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class LabelRule(StrEnum):
    """What the values of a data set's mask files mean."""

    FOREGROUND = "foreground"
    """0 is background; 255 (or 1) is the one object, which gets the id 1."""
    IDS = "ids"
    """0 is background, 1..254 are object ids, 255 is void."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectTrack:
    """One object of a clip: where its mask is given, and where it is scored."""

    id: int
    prompt: int
    """Position of the frame in which it first appears; its mask there is given."""
    scored: tuple[int, ...]
    """Positions that count for it, ascending."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoSequence:
    """One clip of a data set: where its files lie, what is given to a tracker and what is scored.

    Positions count the clip's frames from 0, whatever number its first file bears.
    """

    name: str
    images: Path
    """Folder of the frames."""
    annotations: Path
    """Folder of the true masks, `<stem>.png`."""
    labels: LabelRule
    stems: tuple[str, ...]
    """File name without ending of every frame, in order."""
    size: tuple[int, int]
    """Height and width in pixels."""
    objects: tuple[ObjectTrack, ...]
    """By ascending id."""
    required: tuple[int, ...]
    """Positions whose masks a submission holds, ascending."""

    @property
    def ids(self) -> tuple[int, ...]:
        """Of its objects, ascending."""
        return tuple(one.id for one in self.objects)

    @property
    def prompts(self) -> tuple[int, ...]:
        """Positions in which a mask is given, ascending."""
        return tuple(sorted({one.prompt for one in self.objects}))

    @property
    def scored(self) -> tuple[int, ...]:
        """Positions that count for any object, ascending."""
        return tuple(sorted({position for one in self.objects for position in one.scored}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """The sequences of a data set that a run or a scoring is about."""

    name: str
    split: str
    """Which part of the set, by its usual name: val, test, test-dev."""
    root: Path
    sequences: tuple[VideoSequence, ...]
    complete: bool
    """False where the user named some of the sequences only."""
