"""Sets with one label map a frame and the objects of the first: DAVIS 2016 and 2017, MOSE v1 and v2, VOST.

    <images>/<sequence>/<frame>.jpg
    <annotations>/<sequence>/<frame>.png
    <list>                                   one sequence a line, or a picture and its mask a line

Protocol of davis2017-evaluation: the first mask is given; every frame but the first and the last is scored; the
objects are 1..max of the first mask, and a later id above that maximum is no object. Frames may start at any number.
MOSE v1 is scored in the same way. MOSE v2 (`score.py` of MOSE-api) scores every id of its masks, from the second frame
on even where it comes later. VOST leaves frames without a mask out (`dataset.py` of its evaluation) and goes on as
DAVIS.
"""

from collections.abc import Sequence
from dataclasses import replace

from vos.datasets.description import LabelRule, Layer, ObjectTrack, VideoSequence
from vos.datasets.files import masked_positions, open_files
from vos.datasets.labels import read_values
from vos.datasets.place import Place
from vos.datasets.preset import DatasetPreset
from vos.errors import InputError
from vos.io import mask_name, object_ids
from vos.types import LabelMap

FEWEST_FRAMES = 3


def label_map_sequence(name: str, place: Place, preset: DatasetPreset) -> VideoSequence:
    """Read the frames' headers and the masks that tell the objects. InputError with what is missing or does not fit."""
    files = open_files(name, place, preset)
    masked = masked_positions(files.annotations, files.stems)
    truth = _has_truth(files, masked, place, preset)
    counted = masked if preset.sparse else tuple(range(len(files.stems)))
    scored = counted[1:-1] if truth else ()
    objects = tuple(
        ObjectTrack(id=one, name=str(one), prompt=position, scored=scored)
        for one, position in sorted(_first_appearances(files, masked, preset).items())
    )
    return replace(
        files,
        layers=(Layer(folder="", objects=objects),),
        required=tuple(range(len(files.stems))) if place.hidden else counted,
        truth=truth,
    )


def _has_truth(files: VideoSequence, masked: Sequence[int], place: Place, preset: DatasetPreset) -> bool:
    present, annotations = set(masked), files.annotations
    missing = [mask_name(stem) for position, stem in enumerate(files.stems) if position not in present]
    whole = not missing or (preset.sparse and len(masked) >= FEWEST_FRAMES)
    if not whole and not place.hidden:
        raise InputError(f"{annotations}: no {', '.join(missing)}")
    if masked[0] != 0 and not preset.sparse:
        raise InputError(f"{annotations}: no {mask_name(files.stems[0])}: the mask that is given is missing")
    if len(files.stems) < FEWEST_FRAMES:
        raise InputError(f"{files.images}: has {len(files.stems)} frames; the first and the last are not scored")
    return whole


def _first_appearances(files: VideoSequence, masked: Sequence[int], preset: DatasetPreset) -> dict[int, int]:
    """Object id → position of the mask in which it first appears."""
    paths = {position: files.annotations / mask_name(files.stems[position]) for position in masked}
    path = paths[masked[0]]
    ids = _ids(read_values(path), preset.labels)
    if not ids:
        raise InputError(f"{path}: the first mask holds no object")
    if preset.objects == "first_mask":
        # As the official tool has it: an id below the maximum counts even where the mask lacks it.
        return dict.fromkeys(range(1, max(ids) + 1), masked[0])
    first = dict.fromkeys(ids, masked[0])
    for position in masked[1:]:
        for one in _ids(read_values(paths[position]), preset.labels):
            first.setdefault(one, position)
    return first


def _ids(values: LabelMap, rule: LabelRule) -> list[int]:
    if rule is LabelRule.FOREGROUND:
        return [1] if values.any() else []
    return object_ids(values)
