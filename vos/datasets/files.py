"""What every layout has: a folder of frames and a folder of masks a sequence, with equal names."""

from collections.abc import Sequence
from pathlib import Path

from vos.datasets.description import VideoSequence
from vos.datasets.place import Place
from vos.datasets.preset import DatasetPreset
from vos.errors import InputError
from vos.io import mask_name, open_clip


def open_files(name: str, place: Place, preset: DatasetPreset) -> VideoSequence:
    """The sequence without its objects: a reader adds the layers, and what is required and scored.

    Reads the frames' headers. InputError for frames that are missing or do not fit one another.
    """
    clip = open_clip(place.images / name)
    return VideoSequence(
        name=name,
        images=clip.info.path,
        annotations=place.annotations / name,
        labels=preset.labels,
        stems=tuple(clip.stems()),
        size=(clip.info.height, clip.info.width),
        layers=(),
        required=(),
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
