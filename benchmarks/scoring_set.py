"""A data set to score, of any number of sequences at 480p, made by repeating what is at hand."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import PIL.Image

from vos.io import find_images, write_mask
from vos.types import VOID, LabelMap

HEIGHT, WIDTH = 480, 854
ANNOTATIONS = Path("Annotations/480p")
IMAGES = Path("JPEGImages/480p")
LIST = Path("ImageSets/2017/val.txt")


class UnfitTruth(Exception):
    """The two protocols would not agree on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoringSet:
    """Truth in the layout of DAVIS 2017 below `root`, predictions in `results`/<sequence>/<frame>.png."""

    root: Path
    results: Path
    sequences: int
    frames: int
    """Scored ones: all but each sequence's first and last."""


def make_set(source: Path, given: Path | None, folder: Path, sequences: int) -> ScoringSet:
    """Repeat the sequences of `source`, a DAVIS 2017 root, until there are as many as asked for.

    A true mask of 480x854 pixels keeps its file; another is resized without mixing ids. Predictions are the
    files `given`/<sequence>/<frame>.png of the sequences that `given` holds; of the others, the truth moved by
    a few pixels with its outline worn. All frames are one picture: scoring reads its size alone.
    UnfitTruth for 255 in the truth, which the two protocols treat in two ways.
    """
    root, results, frames = folder / "data", folder / "results", 0
    names = sorted(path.name for path in (source / ANNOTATIONS).iterdir() if path.is_dir())
    picture = _grey_picture(folder / "grey.jpg")
    listed = [f"{names[number % len(names)]}-{number // len(names)}" for number in range(sequences)]
    for number, sequence in enumerate(listed):
        name = names[number % len(names)]
        masks = find_images([source / ANNOTATIONS / name])
        frames += len(masks) - 2
        _write_truth(masks, root / ANNOTATIONS / sequence)
        _link_pictures(masks, picture, root / IMAGES / sequence)
        if given is not None and (given / name).is_dir():
            shutil.copytree(given / name, results / sequence)
        else:
            _write_predictions(root / ANNOTATIONS / sequence, results / sequence, shift=2 + number % 5)
    (root / LIST).parent.mkdir(parents=True)
    (root / LIST).write_text("\n".join(listed) + "\n", encoding="utf-8")
    return ScoringSet(root=root, results=results, sequences=sequences, frames=frames)


def _grey_picture(path: Path) -> Path:
    PIL.Image.new("RGB", (WIDTH, HEIGHT), "grey").save(path)
    return path


def _write_truth(masks: list[Path], folder: Path) -> None:
    folder.mkdir(parents=True)
    for path in masks:
        ids = _ids(path)
        if (ids == VOID).any():
            raise UnfitTruth(f"{path}: holds {VOID}; truth without void is needed")
        if ids.shape == (HEIGHT, WIDTH):
            shutil.copy(path, folder)
        else:
            write_mask(folder / path.name, cv2.resize(ids, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST))


def _link_pictures(masks: list[Path], picture: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    for path in masks:
        (folder / f"{path.stem}.jpg").symlink_to(picture)


def _write_predictions(truth: Path, folder: Path, shift: int) -> None:
    folder.mkdir(parents=True)
    move = np.array([[1, 0, shift], [0, 1, -shift]], dtype=np.float32)
    for path in find_images([truth]):
        worn = cv2.medianBlur(_ids(path), 7)  # a median is one of its values: no third id comes up on an edge
        write_mask(folder / path.name, cv2.warpAffine(worn, move, (WIDTH, HEIGHT), flags=cv2.INTER_NEAREST))


def _ids(path: Path) -> LabelMap:
    with PIL.Image.open(path) as picture:
        return np.array(picture, dtype=np.uint8)
