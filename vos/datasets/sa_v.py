"""SA-V, as its val and test archives unpack.

    sav_val.txt
    JPEGImages_24fps/<sequence>/<frame>.jpg
    Annotations_6fps/<sequence>/<object>/<frame>.png       0 and 255 (or 1): an object's own masks, which may overlap

Protocol of `sav_benchmark.py` in sam2: each object's first and last annotated frame are left out. As masks may
overlap, every object is tracked by itself.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from vos.datasets.description import Layer, ObjectTrack, VideoSequence
from vos.datasets.files import masked_positions, open_files
from vos.datasets.labels import read_values
from vos.datasets.names import folder_names
from vos.datasets.place import Place
from vos.datasets.preset import DatasetPreset
from vos.errors import InputError
from vos.io import mask_name


def sa_v_sequence(name: str, place: Place, preset: DatasetPreset) -> VideoSequence:
    """Read the frames' headers and each object's first mask. InputError with what is missing or does not fit."""
    files = open_files(name, place, preset)
    annotations, stems = files.annotations, files.stems
    if not annotations.is_dir():
        raise InputError(f"{annotations}: no such folder")
    masked = {folder: masked_positions(annotations / folder, stems) for folder in folder_names(annotations)}
    layers = tuple(
        Layer(folder=folder, objects=(_track(annotations / folder, stems, positions),))
        for folder, positions in masked.items()
    )
    return replace(files, layers=layers, required=tuple(sorted(set(chain.from_iterable(masked.values())))))


def _track(folder: Path, stems: Sequence[str], masked: tuple[int, ...]) -> ObjectTrack:
    """The object of one folder, in a layer of its own."""
    shown = (position for position in masked if read_values(folder / mask_name(stems[position])).any())
    prompt = next(shown, None)
    if prompt is None:
        raise InputError(f"{folder}: no mask shows the object")
    return ObjectTrack(id=1, name=folder.name, prompt=prompt, scored=masked[1:-1])
