"""Segmentations on disk, for a run that needs them again in another order."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from vos.errors import InputError, WorkError
from vos.soft_masks import GivenMasks, PaintedMasks
from vos.types import Frame, Segmentation


class Spool:
    """Sink that keeps one file a frame, and gives each segmentation back: ids exactly, soft masks in half precision."""

    def __init__(self, folder: Path) -> None:
        """folder: of nothing but this; whoever made it deletes it."""
        self._folder = folder

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        """Raises WorkError when the file cannot be written."""
        path = self._path(segmentation.index)
        arrays: dict[str, Any] = {
            "ids": segmentation.ids,
            "known": np.array(list(segmentation.confidence), dtype=np.int64),
            "confidence": np.array(list(segmentation.confidence.values()), dtype=np.float64),
            **_soft_arrays(segmentation),
        }
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(path, **arrays)
        except OSError as error:
            raise WorkError(f"cannot write {path}: {error.strerror or error}") from error

    def read(self, index: int) -> Segmentation:
        """The segmentation of frame `index`."""
        with np.load(self._path(index)) as stored:
            ids = stored["ids"]
            if "given" in stored:
                soft: GivenMasks | PaintedMasks = GivenMasks(labels=ids, ids=stored["given"].tolist())
            else:
                numbers = range(int(stored["passes"]))
                soft = PaintedMasks(
                    passes=[torch.from_numpy(stored[f"pass{number}"]).float() for number in numbers],
                    ids=[stored[f"ids{number}"].tolist() for number in numbers],
                    size=(ids.shape[0], ids.shape[1]),
                )
            confidence = dict(zip(stored["known"].tolist(), stored["confidence"].tolist(), strict=True))
        return Segmentation(index=index, ids=ids, confidence=confidence, soft=soft)

    def close(self) -> None:
        """Every file is whole as soon as `write` returns."""

    def abort(self) -> None:
        """It goes with its folder."""

    def _path(self, index: int) -> Path:
        return self._folder / f"{index}.npz"


def _soft_arrays(segmentation: Segmentation) -> dict[str, np.ndarray]:
    soft = segmentation.soft
    if isinstance(soft, GivenMasks):
        return {"given": np.array(soft.ids, dtype=np.int64)}
    if not isinstance(soft, PaintedMasks):
        raise InputError(f"frame {segmentation.index}: its soft masks are {type(soft).__name__}, which no file holds")
    passes = {f"pass{number}": one.half().cpu().numpy() for number, one in enumerate(soft.passes)}
    ids = {f"ids{number}": np.array(one, dtype=np.int64) for number, one in enumerate(soft.ids)}
    return {"passes": np.array(len(soft.passes)), **passes, **ids}
