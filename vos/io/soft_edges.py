"""Grey images that are soft masks, told from those that hold ids.

In a soft mask the values between black and white are there for edges only: a line of a pixel or a few, or a slope. In
a label map each value is an area.
"""

import numpy as np
import numpy.typing as npt

_LEAST_GREY = 16
"""A soft edge has greys from here on; below they are ids, however thin their objects are."""
_LONG_SLOPE = 8
"""Greys of a slope that is so long that each is an area; as many ids touch others than the next ones."""
_GENTLE = 2
"""Levels by which neighbouring pixels of such a slope differ."""
_NEARLY_ALL = 0.95


def soft_levels(values: npt.NDArray[np.uint8]) -> int:
    """How many greys between black and white a soft mask has; 0 for an image of ids, or of black and white alone.

    values: (H, W) uint8. It is a soft mask where it has greys of 16 or more beside another grey or white, and either
    half of all greys lie mostly where no 2x2 pixels are equal, or there are 8 and neighbouring pixels differ by 1 or 2.
    """
    of_all = np.bincount(values.ravel(), minlength=256)
    counts = of_all[1:255]
    levels = int(np.count_nonzero(counts))
    if not counts[_LEAST_GREY - 1 :].any() or np.count_nonzero(of_all[1:]) < 2:
        return 0
    thin = np.bincount(values[~_in_flat_squares(values)], minlength=256)[1:255]
    mostly_thin = np.count_nonzero(2 * thin > counts)
    is_soft = 2 * mostly_thin >= levels or (levels >= _LONG_SLOPE and _is_slope(values))
    return levels if is_soft else 0


def _in_flat_squares(values: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """(H, W): the pixels of all squares of 2x2 equal ones."""
    corner = values[:-1, :-1]
    flat = (corner == values[1:, :-1]) & (corner == values[:-1, 1:]) & (corner == values[1:, 1:])
    inside = np.zeros(values.shape, np.bool_)
    for part in (inside[:-1, :-1], inside[1:, :-1], inside[:-1, 1:], inside[1:, 1:]):
        part |= flat
    return inside


def _is_slope(values: npt.NDArray[np.uint8]) -> bool:
    """Whether nearly all neighbours that differ do so by little."""
    signed = values.astype(np.int16)
    steps = np.concatenate([np.abs(np.diff(signed, axis=axis)).ravel() for axis in (0, 1)])
    steps = steps[steps > 0]
    return bool((steps <= _GENTLE).mean() >= _NEARLY_ALL)
