"""Dilation of bits by a disk, as the official code has it from `skimage.morphology.disk` and `cv2.dilate`."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Row(NamedTuple):
    """One row of a structuring element: offsets from the pixel that it is laid on, in pixels, both ends included."""

    down: int
    first: int
    last: int


Element = Sequence[Row]
"""A structuring element: its rows from the shortest to the longest, each within the columns of the next."""


@lru_cache(maxsize=64)
def disk(radius: float) -> Element:
    """Pixels within `radius` of the origin, as `cv2.dilate(…, skimage.morphology.disk(radius))` understands them.

    The radius, in pixels from 0, need not be whole. skimage lays its lattice from −radius in steps of 1, and OpenCV
    takes the lattice's middle index, size // 2, for the origin: with a radius of 8.3 the offsets −9..8 stand for
    −8.3..8.7, and the disk lies 0.7 pixels too far up and left. Between 0 and √2 / (1 + √2) = 0.586 no point of the
    lattice is near enough; OpenCV then takes the first one all the same.
    """
    lattice = np.arange(-radius, radius + 1)
    squares = lattice**2
    inside = squares[:, None] + squares <= np.float64(radius) ** 2
    if not inside.any():
        inside[0, 0] = True
    middle = len(lattice) // 2
    lengths = inside.sum(axis=1).tolist()
    firsts = inside.argmax(axis=1).tolist()
    rows = [
        Row(index - middle, first - middle, first + length - 1 - middle)
        for index, (first, length) in enumerate(zip(firsts, lengths, strict=True))
        if length
    ]
    return tuple(sorted(rows, key=lambda row: row.last - row.first))


def dilate(plane: npt.NDArray[np.uint8], element: Element) -> npt.NDArray[np.uint8]:
    """(H, W) uint8 → the same: each pixel the OR of those below the element laid on it; outside there is nothing.

    Bits are widened step by step up to the element's longest row; on the way, each row takes what fits it. That is
    linear in the radius, where a kernel of the disk's pixels would be quadratic. Zeros above, below and at the end of
    each row keep its bits from the next row's pixels, so that the plane is worked on as one long row.
    """
    height, width = plane.shape
    margin = max(max(abs(offset) for offset in row) for row in element)
    stride = width + margin
    padded = np.zeros((height + 2 * margin, stride), dtype=np.uint8)
    padded[margin : margin + height, :width] = plane
    bits, widened = padded.ravel(), np.zeros(padded.size, dtype=np.uint8)
    start, size = margin * stride, height * stride
    spread, widening = np.zeros(size, dtype=np.uint8), widened[start : start + size]
    first, last = element[0].first, element[0].first - 1
    for row in element:
        for step in (*range(row.first, first), *range(last + 1, row.last + 1)):
            widening |= bits[start + step : start + step + size]
        first, last = row.first, row.last
        at = start + row.down * stride
        spread |= widened[at : at + size]
    return spread.reshape(height, stride)[:, :width]
