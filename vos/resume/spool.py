"""Segmentations on disk, for a run that needs them again: in another order, or after it was broken off."""

from dataclasses import astuple
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch

from vos.crop import Crop
from vos.errors import InputError, WorkError, cannot_write
from vos.soft_masks import GivenMasks, PaintedMasks
from vos.types import Segmentation


class Spool:
    """One file a frame, which gives the segmentation back as it was, to the last bit."""

    def __init__(self, folder: Path) -> None:
        """folder: of nothing but this; whoever made it deletes it."""
        self._folder = folder

    def keep(self, segmentation: Segmentation) -> None:
        """Raises WorkError when the file cannot be written."""
        path = self._path(segmentation.index)
        arrays: dict[str, Any] = {
            "known": np.array(list(segmentation.confidence), dtype=np.int64),
            "confidence": np.array(list(segmentation.confidence.values()), dtype=np.float64),
            **_soft_arrays(segmentation),
        }
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, **arrays)  # packing saves a third, at ten times the cost
        except OSError as error:
            raise cannot_write(path, error) from error

    def holds(self, index: int) -> bool:
        """Whether frame `index` was kept, and not dropped."""
        return self._path(index).is_file()

    def drop(self, index: int) -> None:
        """Forget a frame."""
        self._path(index).unlink(missing_ok=True)

    def read(self, index: int) -> Segmentation:
        """The segmentation of frame `index`. Raises WorkError for a file that is missing or damaged."""
        path = self._path(index)
        try:
            with np.load(path) as stored:
                confidence = dict(zip(stored["known"].tolist(), stored["confidence"].tolist(), strict=True))
                soft = _given(stored) if "labels" in stored else _painted(stored)
        except (OSError, BadZipFile, KeyError, ValueError) as error:
            raise WorkError(f"{path}: is missing or damaged ({error}); --overwrite starts again") from error
        labels = soft.labels if isinstance(soft, GivenMasks) else soft.label_map()
        return Segmentation(index=index, ids=labels, confidence=confidence, soft=soft)

    def _path(self, index: int) -> Path:
        return self._folder / f"{index}.npz"


def _soft_arrays(segmentation: Segmentation) -> dict[str, np.ndarray]:
    soft = segmentation.soft
    if isinstance(soft, GivenMasks):
        return {"labels": soft.labels, "given": np.array(soft.ids, dtype=np.int64)}
    if not isinstance(soft, PaintedMasks):
        raise InputError(f"frame {segmentation.index}: its soft masks are {type(soft).__name__}, which no file holds")
    passes = {f"pass{number}": one.float().cpu().numpy() for number, one in enumerate(soft.passes)}
    ids = {f"ids{number}": np.array(one, dtype=np.int64) for number, one in enumerate(soft.ids)}
    return {
        "passes": np.array(len(soft.passes)),
        "size": np.array(soft.size),
        "crop": np.array(astuple(soft.crop)),
        **passes,
        **ids,
    }


def _given(stored: Any) -> GivenMasks:
    return GivenMasks(labels=stored["labels"], ids=stored["given"].tolist())


def _painted(stored: Any) -> PaintedMasks:
    numbers = range(int(stored["passes"]))
    height, width = stored["size"].tolist()
    top, left, *shown = stored["crop"].tolist()
    return PaintedMasks(
        passes=[torch.from_numpy(stored[f"pass{number}"]) for number in numbers],
        ids=[tuple(stored[f"ids{number}"].tolist()) for number in numbers],
        size=(height, width),
        crop=Crop(top=top, left=left, height=shown[0], width=shown[1]),
    )
