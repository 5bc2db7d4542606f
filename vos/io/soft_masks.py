"""Soft masks: how probable an object is in each pixel."""

from pathlib import Path
from typing import Literal

import numpy as np
import PIL.Image

from vos.io.atomic import replacing
from vos.types import Plane

_TYPES = {8: np.uint8, 16: np.uint16}


def write_soft_mask(path: Path, probability: Plane, bits: Literal[8, 16] = 8) -> None:
    """Write (H, W) float32 0..1 as a grey PNG of 8 or 16 bits, white for 1. Raises WorkError where that fails."""
    levels = np.rint(probability * (2**bits - 1)).astype(_TYPES[bits])
    with replacing(path) as temporary:
        PIL.Image.fromarray(levels).save(temporary, format="PNG")
