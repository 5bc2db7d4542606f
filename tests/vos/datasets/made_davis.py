"""Small trees in the official DAVIS layout, made from label maps."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import PIL.Image

from vos.types import LabelMap


def square(top: int, left: int, *, object_id: int = 1, side: int = 6, size: tuple[int, int] = (24, 32)) -> LabelMap:
    """A label map with one square object."""
    ids = np.zeros(size, dtype=np.uint8)
    ids[top : top + side, left : left + side] = object_id
    return ids


def moving_square(frames: int, *, step: int = 2) -> list[LabelMap]:
    """A square of object 1 that moves to the right."""
    return [square(8, 4 + step * index) for index in range(frames)]


def write_davis(root: Path, year: int, sequences: Mapping[str, Sequence[LabelMap]], *, first_number: int = 0) -> Path:
    """Write frames, masks and the list; 2016 masks become 0/255, 2017 masks stay indexed. Returns `root`."""
    for name, masks in sequences.items():
        for number, ids in enumerate(masks, start=first_number):
            values = ids * np.uint8(255) if year == 2016 else ids
            write_png(root / f"Annotations/480p/{name}/{number:05d}.png", values, indexed=year == 2017)
            write_frame(root / f"JPEGImages/480p/{name}/{number:05d}.jpg", ids)
    names = root / f"ImageSets/{year}/val.txt"
    names.parent.mkdir(parents=True, exist_ok=True)
    names.write_text("".join(f"{name}\n" for name in sequences))
    return root


def write_png(path: Path, values: LabelMap, *, indexed: bool = True) -> None:
    picture = PIL.Image.fromarray(values)
    if indexed:
        picture.putpalette([value for index in range(256) for value in (index, 255 - index, 128)])
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)


def write_results(root: Path, sequences: Mapping[str, Sequence[LabelMap]], *, first_number: int = 0) -> Path:
    """Write `root`/<sequence>/<frame>.png for every frame. Returns `root`."""
    for name, masks in sequences.items():
        for number, ids in enumerate(masks, start=first_number):
            write_png(root / name / f"{number:05d}.png", ids)
    return root


def write_frame(path: Path, ids: LabelMap) -> None:
    """A picture whose objects are bright on a dark, textured ground."""
    ground = np.random.default_rng(0).integers(0, 60, (*ids.shape, 3))
    colours = np.array([[0, 0, 0], [180, 60, 20], [20, 170, 60], [40, 60, 190]])
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray((ground + colours[ids % 4]).astype(np.uint8)).save(path, quality=95)
