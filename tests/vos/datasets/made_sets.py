"""Small trees in the official layouts of the sets that are not DAVIS, made from label maps."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.vos.datasets.made_davis import write_frame, write_png
from vos.types import LabelMap

Masks = Mapping[str, LabelMap]
"""Frame's stem → ids."""


def numbered(masks: Sequence[LabelMap], *, step: int = 1, first: int = 0, digits: int = 5) -> dict[str, LabelMap]:
    """Masks of consecutive, or every `step`-th, frames."""
    return {f"{first + step * index:0{digits}d}": ids for index, ids in enumerate(masks)}


def without(ids: LabelMap, *others: int) -> LabelMap:
    """The label map with some objects gone."""
    return np.where(np.isin(ids, others), 0, ids).astype(np.uint8)


def write_masks(folder: Path, masks: Masks) -> None:
    for stem, ids in masks.items():
        write_png(folder / f"{stem}.png", ids)


def write_frames(folder: Path, masks: Masks) -> None:
    for stem, ids in masks.items():
        write_frame(folder / f"{stem}.jpg", ids)


def write_mose(root: Path, frames: Mapping[str, Masks], given: Mapping[str, Masks] | None = None) -> Path:
    """MOSE, as its archive unpacks; given: the masks that are there, by default those of every frame."""
    for name, masks in frames.items():
        write_frames(root / f"valid/JPEGImages/{name}", masks)
        write_masks(root / f"valid/Annotations/{name}", (given or frames)[name])
    return root


def write_youtube_vos(
    root: Path, frames: Mapping[str, Masks], given: Mapping[str, Masks], objects: Mapping[str, Mapping[str, Any]]
) -> Path:
    """YouTube-VOS, as its archives unpack; objects: of each sequence, what meta.json says of each id."""
    for name, masks in frames.items():
        write_frames(root / f"valid_all_frames/JPEGImages/{name}", masks)
        write_masks(root / f"valid/Annotations/{name}", given[name])
    write_meta(root / "valid/meta.json", objects)
    return root


def write_lvos(root: Path, frames: Mapping[str, Masks], objects: Mapping[str, Mapping[str, Any]]) -> Path:
    """LVOS, as its authors ask for it, with the masks of every fifth frame."""
    for name, masks in frames.items():
        write_frames(root / f"valid/JPEGImages/{name}", masks)
        annotated = {stem: ids for stem, ids in masks.items() if int(stem) % 5 == 1}
        write_masks(root / f"valid/Annotations/{name}", annotated)
    write_meta(root / "valid/valid_meta.json", objects)
    return root


def write_sa_v(root: Path, frames: Mapping[str, Masks], objects: Mapping[str, Mapping[str, Masks]]) -> Path:
    """SA-V val, as its archive unpacks; objects: of each sequence, each object's own masks."""
    for name, masks in frames.items():
        write_frames(root / f"JPEGImages_24fps/{name}", masks)
        for one, own in objects[name].items():
            write_masks(
                root / f"Annotations_6fps/{name}/{one}", {stem: (ids > 0) * np.uint8(255) for stem, ids in own.items()}
            )
    (root / "sav_val.txt").write_text("".join(f"{name}\n" for name in frames))
    return root


def write_vost(root: Path, frames: Mapping[str, Masks], given: Mapping[str, Masks]) -> Path:
    """VOST, as its archive unpacks."""
    for name, masks in frames.items():
        write_frames(root / f"JPEGImages/{name}", masks)
        write_masks(root / f"Annotations/{name}", given[name])
    (root / "ImageSets").mkdir()
    (root / "ImageSets/val.txt").write_text("".join(f"{name}\n" for name in frames))
    return root


def write_meta(path: Path, objects: Mapping[str, Mapping[str, Any]]) -> None:
    """A description file as YouTube-VOS and LVOS have it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"videos": {name: {"objects": described} for name, described in objects.items()}}))


def frame_range(start: int, end: int, frames: int) -> dict[str, Any]:
    """What LVOS says of an object."""
    return {"frame_range": {"start": f"{start:08d}", "end": f"{end:08d}", "frame_nums": str(frames)}}
