"""Where predicted label maps come from: a folder of results, or a baseline that needs no model."""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from vos.datasets import Dataset, Problems, VideoSequence, read_prediction, read_prompts
from vos.types import VOID, LabelMap

Predictor = Callable[[VideoSequence], Callable[[int], LabelMap]]
"""Opens a sequence; the function it returns gives the (H, W) uint8 ids predicted at a position."""


def results_in(root: Path) -> Predictor:
    """Masks laid out as `root`/<sequence>/<frame>.png. What it returns can be pickled."""
    return partial(_open_results, root)


def _open_results(root: Path, sequence: VideoSequence) -> Callable[[int], LabelMap]:
    return lambda position: read_prediction(sequence, position, root / sequence.name)


def all_empty(sequence: VideoSequence) -> Callable[[int], LabelMap]:
    """Baseline: no object anywhere. It scores where objects are absent, since two empty masks agree."""
    empty = np.zeros(sequence.size, dtype=np.uint8)
    return lambda position: empty


def first_mask_copied(sequence: VideoSequence) -> Callable[[int], LabelMap]:
    """Baseline: nothing ever moves. What appears later lies over what was there."""
    prompts = read_prompts(sequence)

    def copied(position: int) -> LabelMap:
        given = [ids for first, ids in prompts.items() if first <= position]
        copy = np.zeros(sequence.size, dtype=np.uint8)
        for ids in given:
            copy = np.where((ids > 0) & (ids != VOID), ids, copy)
        return copy

    return copied


def check_results(dataset: Dataset, root: Path) -> None:
    """Raise InputError with every sequence that `root` lacks and every mask of a frame that is not in the set."""
    problems = Problems()
    for sequence in dataset.sequences:
        folder = root / sequence.name
        if not folder.is_dir():
            problems.add(f"{sequence.name}: no folder {folder}")
            continue
        for path in sorted(folder.glob("*.png")):
            if path.stem not in sequence.stems:
                problems.add(f"{sequence.name} {path.stem}: {path} is of no frame of the sequence")
    problems.refuse(f"results in {root}")


def fingerprint(dataset: Dataset, root: Path) -> str:
    """SHA-256 over the names and bytes of the scored masks that are there, in hexadecimal."""
    digest = hashlib.sha256()
    for sequence in dataset.sequences:
        for position in sequence.scored:
            name = f"{sequence.name}/{sequence.stems[position]}.png"
            if (root / name).is_file():
                content = hashlib.sha256((root / name).read_bytes()).digest()
                digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()
