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
from pathlib import Path

from vos.datasets.description import LabelRule, Layer, ObjectTrack, VideoSequence
from vos.datasets.labels import held_values, read_values
from vos.datasets.place import Place
from vos.datasets.preset import DatasetPreset
from vos.errors import InputError
from vos.io import Clip, mask_name, open_clip
from vos.types import VOID, LabelMap

FEWEST_FRAMES = 3


def label_map_sequence(name: str, place: Place, preset: DatasetPreset) -> VideoSequence:
    """Read the frames' headers and the masks that tell the objects. InputError with what is missing or does not fit."""
    clip = open_clip(place.images / name)
    annotations = place.annotations / name
    stems = tuple(clip.stems())
    masked = masked_positions(annotations, stems)
    truth = _has_truth(clip, annotations, masked, place, preset)
    counted = masked if preset.sparse else tuple(range(len(stems)))
    first = _first_appearances(annotations, stems, masked, preset)
    return VideoSequence(
        name=name,
        images=clip.info.path,
        annotations=annotations,
        labels=preset.labels,
        stems=stems,
        size=(clip.info.height, clip.info.width),
        layers=(
            Layer(
                folder="",
                objects=tuple(
                    ObjectTrack(id=one, name=str(one), prompt=position, scored=counted[1:-1] if truth else ())
                    for one, position in sorted(first.items())
                ),
            ),
        ),
        required=tuple(range(len(stems))) if place.hidden else counted,
        truth=truth,
        drops_other_ids=preset.drops_other_ids,
    )


def masked_positions(annotations: Path, stems: Sequence[str]) -> tuple[int, ...]:
    """Positions of the frames that have a mask. InputError for a folder without any, or a mask of no frame."""
    found = {path.stem for path in annotations.glob("*.png") if not path.name.startswith(".")}
    if not found:
        raise InputError(f"{annotations}: holds no masks")
    others = sorted(found.difference(stems))
    if others:
        raise InputError(f"{annotations}: {', '.join(map(mask_name, others))}: of no frame of the sequence")
    return tuple(position for position, stem in enumerate(stems) if stem in found)


def _has_truth(clip: Clip, annotations: Path, masked: Sequence[int], place: Place, preset: DatasetPreset) -> bool:
    stems, present = clip.stems(), set(masked)
    missing = [mask_name(stem) for position, stem in enumerate(stems) if position not in present]
    whole = not missing or (preset.sparse and len(masked) >= FEWEST_FRAMES)
    if not whole and not place.hidden:
        raise InputError(f"{annotations}: no {', '.join(missing)}")
    if masked[0] != 0 and not preset.sparse:
        raise InputError(f"{annotations}: no {mask_name(stems[0])}: the mask that is given is missing")
    if len(stems) < FEWEST_FRAMES:
        raise InputError(f"{clip.info.path}: has {len(stems)} frames; the first and the last are not scored")
    return whole


def _first_appearances(
    annotations: Path, stems: Sequence[str], masked: Sequence[int], preset: DatasetPreset
) -> dict[int, int]:
    """Object id → position of the mask in which it first appears."""
    path = annotations / mask_name(stems[masked[0]])
    ids = _ids(read_values(path), preset.labels)
    if not ids:
        raise InputError(f"{path}: the first mask holds no object")
    if preset.objects == "first_mask":
        # As the official tool has it: an id below the maximum counts even where the mask lacks it.
        return dict.fromkeys(range(1, max(ids) + 1), masked[0])
    first = dict.fromkeys(ids, masked[0])
    for position in masked[1:]:
        for one in _ids(read_values(annotations / mask_name(stems[position])), preset.labels):
            first.setdefault(one, position)
    return first


def _ids(values: LabelMap, rule: LabelRule) -> list[int]:
    if rule is LabelRule.FOREGROUND:
        return [1] if values.any() else []
    return [one for one in held_values(values) if one not in (0, VOID)]
