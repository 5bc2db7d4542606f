"""The guided filter: inside a window, alpha is taken for a linear function of the picture's colours.

He, Sun, Tang: Guided Image Filtering, PAMI 2013, with a colour guide; computed on a smaller picture as in He, Sun:
Fast Guided Filter, arXiv 1505.00996.

Shape suffixes: H, W the picture's size, h, w the smaller one's.
"""

import cv2
import numpy as np
import numpy.typing as npt

from vos.types import Image, Plane

Floats = npt.NDArray[np.float32]


def guided_filter(image: Image, alpha: Plane, radius: int, epsilon: float, subsample: int = 1) -> Plane:
    """`alpha` redrawn along the edges of the picture.

    image: (H, W, 3) uint8 RGB; alpha: (H, W) float32 0..1; radius: of the square window, in pixels; epsilon: variance
    of colours in 0..1 below which a window counts as flat; subsample: how many times smaller the sums are taken.
    Returns (H, W) float32 0..1.
    """
    height, width = alpha.shape
    size = (max(1, width // subsample), max(1, height // subsample))
    window = 2 * max(1, radius // subsample) + 1
    guide = image.astype(np.float32) / np.float32(255)
    small = cv2.resize(guide, size, interpolation=cv2.INTER_AREA) if subsample > 1 else guide
    values = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA) if subsample > 1 else alpha
    slope, offset = _linear_model(small, values, window, epsilon)
    if subsample > 1:
        slope = cv2.resize(slope, (width, height), interpolation=cv2.INTER_LINEAR)
        offset = cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(_dot(slope, guide) + offset, 0, 1).astype(np.float32)


def _linear_model(guide: Floats, values: Plane, window: int, epsilon: float) -> tuple[Floats, Plane]:
    """Slopes (h, w, 3) and offsets (h, w), averaged over all windows that a pixel lies in."""
    mean, mean_value = _mean(guide, window), _mean(values, window)
    covariance = _mean(guide * values[..., None], window) - mean * mean_value[..., None]
    slope = _solve(_variances(guide, mean, window, epsilon), covariance)
    offset = mean_value - _dot(slope, mean)
    return _mean(slope, window), _mean(offset, window)


def _variances(guide: Floats, mean: Floats, window: int, epsilon: float) -> tuple[Plane, ...]:
    """rr, rg, rb, gg, gb, bb of each window's covariance matrix, with epsilon on the diagonal."""
    red, green, blue = cv2.split(guide)
    mean_red, mean_green, mean_blue = cv2.split(mean)
    return (
        _mean(red * red, window) - mean_red * mean_red + np.float32(epsilon),
        _mean(red * green, window) - mean_red * mean_green,
        _mean(red * blue, window) - mean_red * mean_blue,
        _mean(green * green, window) - mean_green * mean_green + np.float32(epsilon),
        _mean(green * blue, window) - mean_green * mean_blue,
        _mean(blue * blue, window) - mean_blue * mean_blue + np.float32(epsilon),
    )


def _solve(variances: tuple[Plane, ...], covariance: Floats) -> Floats:
    """The symmetric 3x3 systems of all pixels by cofactors: (h, w, 3)."""
    rr, rg, rb, gg, gb, bb = variances
    cofactors = (gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb)
    determinant = rr * cofactors[0] + rg * cofactors[1] + rb * cofactors[2]
    middle = (rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg)
    red, green, blue = cv2.split(covariance)
    solved = (
        cofactors[0] * red + cofactors[1] * green + cofactors[2] * blue,
        cofactors[1] * red + middle[0] * green + middle[1] * blue,
        cofactors[2] * red + middle[1] * green + middle[2] * blue,
    )
    return np.dstack([one / determinant for one in solved]).astype(np.float32)


def _dot(one: Floats, other: Floats) -> Plane:
    """Sums of products over the colours; in one order, so that equal pictures give equal mattes."""
    product: Floats = one * other
    return product[..., 0] + product[..., 1] + product[..., 2]


def _mean(values: Floats, window: int) -> Floats:
    return cv2.boxFilter(values, -1, (window, window), borderType=cv2.BORDER_REFLECT)
