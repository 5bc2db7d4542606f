"""A selection of a library that fits into so many bytes: what travels with a run to a machine without the data."""

import hashlib
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from seggpt_core.errors import InputError
from seggpt_core.files import replacing
from seggpt_core.training.data.items import Blob
from seggpt_core.training.data.sets import SETS, SetSpec
from seggpt_core.training.data.shards import Library

_BLOCK = 512
"""A tar's unit: a header takes one, content is filled up to whole ones."""
_TAR_END = 10_240
"""A tar's size is a multiple of this."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is taken or left as one: an image with its label map, a cut-out, all frames of a clip."""

    set_name: str
    name: str
    blobs: tuple[Blob, ...]

    @property
    def bytes(self) -> int:
        """In a tar."""
        return sum(_BLOCK + -(-blob.size // _BLOCK) * _BLOCK for blob in self.blobs)


@dataclass(frozen=True, slots=True)
class Packed:
    """How much of a set was taken."""

    set_name: str
    taken: int
    there: int
    bytes: int


def pack(library: Library, path: Path, max_mb: float) -> list[Packed]:
    """Write a tar shard of at most `max_mb` million bytes, files as they are, that `Library` reads.

    Every set gets a share by its weights in training; what a small set leaves over goes to the others. Which units of a
    set are taken depends on their names alone. Raises InputError if not one unit of each set fits, and for the folders
    of a user: sets have no place for them.
    """
    sets = _units(library)
    chosen = choose(sets, round(max_mb * 1e6) - _TAR_END)
    with replacing(path) as temporary, tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as archive:
        for unit in (unit for name in sorted(chosen) for unit in chosen[name]):
            for blob in unit.blobs:
                entry = tarfile.TarInfo(blob.name)
                entry.size = blob.size
                archive.addfile(entry, BytesIO(blob.read()))
    return [
        Packed(name, len(units), len(sets[name]), sum(unit.bytes for unit in units))
        for name, units in sorted(chosen.items())
    ]


def choose(sets: Mapping[str, Sequence[Unit]], most: int) -> dict[str, list[Unit]]:
    """The units of each set that are taken, in order of their names, of `most` bytes in all."""
    left, room = dict(sets), most
    chosen: dict[str, list[Unit]] = {}
    while left:
        weights = {name: _weight(SETS[name]) for name in left}
        shares = {name: room * weight / sum(weights.values()) for name, weight in weights.items()}
        whole = [name for name, units in left.items() if sum(unit.bytes for unit in units) <= shares[name]]
        for name in whole or list(left):
            chosen[name] = _fitting(left.pop(name), shares[name])
            room -= sum(unit.bytes for unit in chosen[name])
    if empty := sorted(name for name, units in chosen.items() if not units):
        raise InputError(
            f"{most / 1e6:.1f} MB: too little for one item of {', '.join(empty)}; give more, or fewer sets"
        )
    return chosen


def _fitting(units: Sequence[Unit], share: float) -> list[Unit]:
    """As many as fit, drawn by the hash of their names."""
    taken, room = [], share
    for unit in sorted(units, key=lambda unit: hashlib.sha256(unit.name.encode()).digest()):
        if unit.bytes <= room:
            taken.append(unit)
            room -= unit.bytes
    return sorted(taken, key=lambda unit: unit.name)


def _weight(spec: SetSpec) -> float:
    return spec.weight + spec.cut_weight + spec.scene_weight


def _units(library: Library) -> dict[str, list[Unit]]:
    sets: dict[str, list[Unit]] = {}
    for unit in _all_units(library):
        if unit.set_name not in SETS:
            raise InputError(f"{unit.set_name}: is a folder; only tar shards can be packed")
        sets.setdefault(unit.set_name, []).append(unit)
    return sets


def _all_units(library: Library) -> Iterator[Unit]:
    for labelled in library.labelled:
        yield Unit(labelled.set_name, labelled.name, (labelled.image, labelled.labels))
    for cutout in library.cutouts:
        yield Unit(cutout.set_name, cutout.name, (cutout.image,))
    for background in library.backgrounds:
        yield Unit(background.set_name, background.name, (background.image,))
    for sequence in library.sequences:
        yield Unit(sequence.set_name, sequence.name, sequence.frames)
    for clip in library.clips:
        blobs = (blob for frame in clip.frames for blob in (frame.image, frame.labels))
        yield Unit(clip.set_name, clip.name, tuple(blobs))
