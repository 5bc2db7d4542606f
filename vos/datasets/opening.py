"""A data set of any layout: its place, its sequences, and all that is wrong with them in one report."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vos.datasets.description import Dataset, VideoSequence
from vos.datasets.label_maps import label_map_sequence
from vos.datasets.lvos import lvos_sequence
from vos.datasets.names import folder_names, read_json, read_list, select
from vos.datasets.place import Place, find_place
from vos.datasets.preset import DatasetPreset
from vos.datasets.problems import Problems
from vos.datasets.sa_v import sa_v_sequence
from vos.datasets.youtube_vos import youtube_vos_sequence
from vos.errors import InputError

_Described = Callable[[str, Place, DatasetPreset, Any], VideoSequence]
_DESCRIBED: Mapping[str, _Described] = {"youtube_vos": youtube_vos_sequence, "lvos": lvos_sequence}
"""Readers of sets whose objects a JSON file describes."""
_PLAIN: Mapping[str, Callable[[str, Place, DatasetPreset], VideoSequence]] = {
    "label_maps": label_map_sequence,
    "sa_v": sa_v_sequence,
}


def read_dataset(
    name: str, root: Path, preset: DatasetPreset, split: str, wanted: Sequence[str] | None = None
) -> Dataset:
    """The sequences of `split` below `root`, the folder that the data set was unpacked into.

    wanted: names of the sequences to keep, in the list's order; None keeps all.
    Reads every frame's header and the masks in which objects may first appear. InputError with all that is missing or
    does not fit, each with its sequence and frame.
    """
    dataset, problems = read_what_opens(name, root, preset, split, wanted)
    problems.refuse(f"{name} in {root}")
    return dataset


def read_what_opens(
    name: str, root: Path, preset: DatasetPreset, split: str, wanted: Sequence[str] | None = None
) -> tuple[Dataset, Problems]:
    """As `read_dataset`, but with the sequences that do not open left out, and what is wrong with them.

    InputError where there are no sequences to begin with: an unknown split, nothing below `root`, a damaged list.
    """
    if split not in preset.splits:
        raise InputError(f"split {split!r}: {name} has {', '.join(preset.splits)}")
    place = find_place(name, root, preset.splits[split])
    described = read_json(place.meta) if preset.reader in _DESCRIBED else {}
    listed = list(described) or _listed(place)
    names = select(listed, wanted, place.meta or place.sequences or place.images)
    problems = Problems()
    sequences = []
    for one in names:
        with problems.collecting(one):
            sequences.append(_open(one, place, preset, described))
    dataset = Dataset(
        name=name,
        split=split,
        protocol=preset.protocol,
        root=root,
        sequences=tuple(sequences),
        complete=len(names) == len(listed),
        notes=(*place.notes, *_notes(sequences)),
    )
    return dataset, problems


def _listed(place: Place) -> list[str]:
    return folder_names(place.images) if place.sequences is None else read_list(place.sequences)


def _open(name: str, place: Place, preset: DatasetPreset, described: Mapping[str, Any]) -> VideoSequence:
    if preset.reader in _DESCRIBED:
        return _DESCRIBED[preset.reader](name, place, preset, described[name])
    return _PLAIN[preset.reader](name, place, preset)


def _notes(sequences: Sequence[VideoSequence]) -> list[str]:
    """A truth that is there in part is worth a word: it may have been meant to be whole."""
    without = [sequence.name for sequence in sequences if not sequence.truth]
    if not without or len(without) == len(sequences):
        return []
    return [f"No score: true masks are missing in {len(without)} of {len(sequences)} sequences ({', '.join(without)})."]
