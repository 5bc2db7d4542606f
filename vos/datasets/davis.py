"""DAVIS 2016 and 2017, semi-supervised, in the official layout.

    JPEGImages/480p/<sequence>/<frame>.jpg
    Annotations/480p/<sequence>/<frame>.png
    ImageSets/<year>/val.txt                 one sequence a line

As first released, DAVIS 2016 lists frames instead, a picture and its mask a line:

    ImageSets/480p/val.txt                   /JPEGImages/480p/<sequence>/<frame>.jpg /Annotations/480p/…

Protocol of davis2017-evaluation: the first frame's mask is given; every frame but the first and the last
is scored; the objects are 1..max of the first mask, and a later id above that maximum is no object.
Frames may start at any number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vos.datasets.description import Dataset, LabelRule, ObjectTrack, VideoSequence
from vos.datasets.labels import read_values
from vos.datasets.problems import Problems
from vos.errors import InputError
from vos.io import mask_name, open_clip
from vos.types import VOID, LabelMap


@dataclass(frozen=True, kw_only=True, slots=True)
class DavisLayout:
    """Where things lie below the root, and what mask values mean."""

    lists: tuple[str, ...]
    """The first that there is names the sequences."""
    images: str
    annotations: str
    labels: LabelRule


def open_davis(name: str, root: Path, layout: DavisLayout, wanted: Sequence[str] | None = None) -> Dataset:
    """The data set below `root`, the folder that holds JPEGImages, Annotations and ImageSets.

    wanted: names of the sequences to keep, in the list's order; None keeps all.
    Reads every frame's header and each sequence's first mask. InputError with all that is missing or does
    not fit, each with its sequence and frame.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; {name} needs the folder that holds JPEGImages and Annotations")
    path = next((root / one for one in layout.lists if (root / one).is_file()), root / layout.lists[0])
    listed = _read_list(path)
    names = _select(listed, wanted, path)
    problems = Problems()
    sequences = []
    for sequence in names:
        with problems.collecting(sequence):
            sequences.append(_open_sequence(sequence, root, layout))
    problems.refuse(f"{name} in {root}")
    complete = len(names) == len(listed)
    return Dataset(name=name, split="val", root=root, sequences=tuple(sequences), complete=complete)


def _read_list(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the list of sequences cannot be read ({error})") from error
    names = list(dict.fromkeys(_sequence_of(line, path) for line in lines if line.strip()))
    if not names:
        raise InputError(f"{path}: names no sequence")
    return names


def _sequence_of(line: str, path: Path) -> str:
    """The sequence that a line is of: its one word, or the folder of the two files that it pairs."""
    words = line.split()
    folders = {PurePosixPath(word).parent.name for word in words}
    name = words[0] if len(words) == 1 else folders.pop()
    if len(words) > 2 or folders - {name, ""} or name in ("", "..") or name != PurePosixPath(name).name:
        raise InputError(f"{path}: {line.strip()!r} is not a sequence's name, nor a picture and a mask of one sequence")
    return name


def _select(listed: list[str], wanted: Sequence[str] | None, path: Path) -> list[str]:
    if wanted is None:
        return listed
    unknown = [name for name in wanted if name not in listed]
    if unknown or not wanted:
        raise InputError(f"sequences {', '.join(unknown) or '(none)'}: {path} lists {', '.join(listed)}")
    return [name for name in listed if name in wanted]


def _open_sequence(name: str, root: Path, layout: DavisLayout) -> VideoSequence:
    clip = open_clip(root / layout.images / name)
    annotations = root / layout.annotations / name
    stems = tuple(clip.stems())
    size = (clip.info.height, clip.info.width)
    if len(stems) < 3:
        raise InputError(f"{clip.info.path}: has {len(stems)} frames; the first and the last are not scored")
    missing = [stem for stem in stems if not (annotations / mask_name(stem)).is_file()]
    if missing:
        raise InputError(f"{annotations}: no {', '.join(mask_name(stem) for stem in missing)}")
    first = annotations / mask_name(stems[0])
    return VideoSequence(
        name=name,
        images=clip.info.path,
        annotations=annotations,
        labels=layout.labels,
        stems=stems,
        size=size,
        objects=tuple(
            ObjectTrack(id=one, prompt=0, scored=tuple(range(1, len(stems) - 1)))
            for one in _ids(read_values(first), layout.labels, first)
        ),
        required=tuple(range(len(stems))),
    )


def _ids(values: LabelMap, rule: LabelRule, path: Path) -> tuple[int, ...]:
    """1..max, as the official tool has it: an id below the maximum counts even where the mask lacks it."""
    ids = values[values != VOID] if rule is LabelRule.IDS else values
    if not ids.any():
        raise InputError(f"{path}: the first mask holds no object")
    return tuple(range(1, int(ids.max()) + 1)) if rule is LabelRule.IDS else (1,)
