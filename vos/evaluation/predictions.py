"""Where predicted label maps come from: a folder of results, or a baseline that needs no model."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from vos.datasets import Dataset, Layer, Problems, VideoSequence, mask_path, read_prediction, read_prompts
from vos.errors import InputError
from vos.types import VOID, LabelMap

Predictor = Callable[[VideoSequence, Layer], Callable[[int], LabelMap]]
"""Opens a layer of a sequence; the function it returns gives the (H, W) uint8 ids predicted at a position."""


def results_in(root: Path, *, missing_is_empty: bool = False) -> Predictor:
    """Masks laid out as `root`/<sequence>/<layer's folder>/<frame>.png. What it returns can be pickled.

    missing_is_empty: a mask that is not there shows no object; else it is an InputError.
    """
    return partial(_open_results, root, missing_is_empty)


def _open_results(
    root: Path, missing_is_empty: bool, sequence: VideoSequence, layer: Layer
) -> Callable[[int], LabelMap]:
    folder, empty = root / sequence.name, all_empty(sequence, layer)

    def read(position: int) -> LabelMap:
        if missing_is_empty and not mask_path(sequence, layer, position, folder).exists():
            return empty(position)
        return read_prediction(sequence, layer, position, folder)

    return read


def all_empty(sequence: VideoSequence, layer: Layer) -> Callable[[int], LabelMap]:
    """Baseline: no object anywhere. It scores where objects are absent, since two empty masks agree."""
    empty = np.zeros(sequence.size, dtype=np.uint8)
    return lambda position: empty


def first_mask_copied(sequence: VideoSequence, layer: Layer) -> Callable[[int], LabelMap]:
    """Baseline: nothing ever moves. What appears later lies over what was there."""
    prompts = read_prompts(sequence, layer)

    def copied(position: int) -> LabelMap:
        given = [ids for first, ids in prompts.items() if first <= position]
        copy = np.zeros(sequence.size, dtype=np.uint8)
        for ids in given:
            copy = np.where((ids > 0) & (ids != VOID), ids, copy)
        return copy

    return copied


def missing_masks(dataset: Dataset, root: Path) -> list[str]:
    """Scored masks that `root` lacks, as `<sequence>/<frame>.png`."""
    return [
        f"{sequence.name}/{mask.as_posix()}"
        for sequence in dataset.sequences
        for mask in _scored_masks(sequence)
        if not (root / sequence.name / mask).is_file()
    ]


def listed_problems(dataset: Dataset, root: Path, *, missing_is_empty: bool = False) -> Problems:
    """What is wrong with results and can be seen without reading a mask.

    Every folder that `root` lacks, unless it counts as empty, and every mask of a frame that is not in the set.
    InputError at once if `root` is no folder, or has no sequence of the set.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; it holds one folder of masks a sequence")
    problems = Problems()
    if not any((root / sequence.name).is_dir() for sequence in dataset.sequences):
        raise InputError(f"{root}: holds no folder of any sequence of {dataset.name}; it must have one for each")
    for sequence in dataset.sequences:
        for where, folder in () if missing_is_empty else _absent_folders(sequence, root):
            problems.add(f"{where}: no folder {folder}")
        for where, path in _other_masks(sequence, root):
            problems.add(f"{where}: {path} is of no frame of the sequence")
    return problems


def with_folders(dataset: Dataset, root: Path) -> Dataset:
    """The sequences and layers that have a folder in `root`: of the others `listed_problems` says enough."""
    layers = {
        sequence.name: tuple(layer for layer in sequence.layers if (root / sequence.name / layer.folder).is_dir())
        for sequence in dataset.sequences
    }
    return replace(
        dataset,
        sequences=tuple(
            replace(sequence, layers=layers[sequence.name]) for sequence in dataset.sequences if layers[sequence.name]
        ),
    )


def _scored_masks(sequence: VideoSequence) -> Iterator[Path]:
    """Relative to the folder of the sequence's masks."""
    for layer in sequence.layers:
        for position in layer.scored:
            yield mask_path(sequence, layer, position, Path())


def _absent_folders(sequence: VideoSequence, root: Path) -> Iterator[tuple[str, Path]]:
    """How messages name what lies in a folder that is not there, and the folder."""
    whole = root / sequence.name
    if not whole.is_dir():
        yield sequence.name, whole
        return
    for layer in sequence.layers:
        if not (whole / layer.folder).is_dir():
            yield f"{sequence.name} {layer.folder}", whole / layer.folder


def _other_masks(sequence: VideoSequence, root: Path) -> Iterator[tuple[str, Path]]:
    """How messages name a mask of no frame, and the mask."""
    stems = set(sequence.stems)
    for layer in sequence.layers:
        for path in sorted((root / sequence.name / layer.folder).glob("*.png")):
            if path.stem not in stems and not path.name.startswith("."):
                yield " ".join(filter(None, (sequence.name, layer.folder, path.stem))), path


def fingerprint(dataset: Dataset, root: Path) -> str:
    """SHA-256 over the names and bytes of the scored masks that are there, in hexadecimal."""
    digest = hashlib.sha256()
    for sequence in dataset.sequences:
        for mask in _scored_masks(sequence):
            file = root / sequence.name / mask
            if file.is_file():
                content = hashlib.sha256(file.read_bytes()).digest()
                digest.update(f"{sequence.name}/{mask.as_posix()}".encode() + b"\0" + content)
    return digest.hexdigest()
