"""What every data set looks like to the code that runs and scores it."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
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
    """Its value in the masks of its layer."""
    name: str
    """What the data set calls it."""
    prompt: int
    """Position of the frame in which it first appears; its mask there is given."""
    scored: tuple[int, ...]
    """Positions that count for it, ascending; none where the sequence lacks its truth."""
    group: str | None = None
    """`seen` or `unseen` where the benchmark averages over these apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """Objects that share one mask file a frame, so that they cannot overlap. They are tracked together."""

    folder: str
    """Of the masks, below the sequence's; empty where the sequence has one layer."""
    objects: tuple[ObjectTrack, ...]
    """By ascending id."""

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
        return tuple(sorted(set(chain.from_iterable(one.scored for one in self.objects))))


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoSequence:
    """One clip of a data set: where its files lie, what is given to a tracker and what is scored.

    Positions count the clip's frames from 0, whatever number its first file bears.
    """

    name: str
    images: Path
    """Folder of the frames."""
    annotations: Path
    """Folder of the true masks, `<layer's folder>/<stem>.png`."""
    labels: LabelRule
    stems: tuple[str, ...]
    """File name without ending of every frame, in order."""
    size: tuple[int, int]
    """Height and width in pixels."""
    layers: tuple[Layer, ...]
    required: tuple[int, ...]
    """Positions whose masks a submission holds, ascending."""
    truth: bool = True
    """Whether the masks of all scored frames are there; else only those that are given."""
    drops_other_ids: bool = False
    """Whether a predicted id that is no object is background, as some benchmarks have it, or an error."""

    @property
    def objects(self) -> tuple[ObjectTrack, ...]:
        """Of all layers, in their order."""
        return tuple(chain.from_iterable(layer.objects for layer in self.layers))

    @property
    def scored(self) -> tuple[int, ...]:
        """Positions that count for any object, ascending."""
        return tuple(sorted(set(chain.from_iterable(layer.scored for layer in self.layers))))

    def layer_of(self, name: str) -> Layer:
        """The layer that holds the object of this name."""
        return next(layer for layer in self.layers if any(one.name == name for one in layer.objects))


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """The sequences of a data set that a run or a scoring is about."""

    name: str
    split: str
    """Which part of the set, by its usual name: val, test, test-dev."""
    protocol: str
    """By whose rules it is scored: a value of `vos.metrics.Protocol`."""
    root: Path
    sequences: tuple[VideoSequence, ...]
    complete: bool
    """False where the user named some of the sequences only."""
    notes: tuple[str, ...] = ()
    """What a reader of its scores has to know about the files that were found."""

    @property
    def truth(self) -> bool:
        """Whether every sequence has its truth, so that there is a score."""
        return all(sequence.truth for sequence in self.sequences)
