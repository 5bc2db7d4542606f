"""Soft masks: how probable an object is in each pixel."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL.Image

from vos.io.atomic import replacing

_WHITE = 255


def write_soft_mask(path: Path, probability: npt.NDArray[np.float32]) -> None:
    """Write (H, W) float32 0..1 as an 8-bit grey PNG, 255 for 1. Raises WorkError when it cannot be written."""
    levels = np.rint(probability * _WHITE).astype(np.uint8)
    with replacing(path) as temporary:
        PIL.Image.fromarray(levels).save(temporary, format="PNG")
