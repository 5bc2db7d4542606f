"""Pictures with alpha: straight keeps the picture's own colours, premultiplied has them weighted by alpha."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from vos.types import Image, Plane

Alpha = Literal["straight", "premultiplied"]

Rgba = npt.NDArray[np.uint8]
"""(H, W, 4) uint8 RGB and alpha."""

_WHITE = 255


def with_alpha(image: Image, alpha: Plane, convention: Alpha) -> Rgba:
    """A picture with a matte as its alpha.

    image: (H, W, 3) uint8 RGB; alpha: (H, W) float32 0..1. Straight: colours as they are, also where alpha is 0, so
    that a matte can still be grown. Premultiplied: colours times alpha, black where it is 0. The colours that are
    weighted are those of the file, as editors do it, not linear light.
    """
    levels = np.rint(alpha * _WHITE).astype(np.uint8)
    if convention == "straight":
        return np.dstack([image, levels])
    weighted = (image.astype(np.uint16) * levels[..., None] + _WHITE // 2) // _WHITE
    return np.dstack([weighted.astype(np.uint8), levels])
