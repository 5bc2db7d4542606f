"""A soft mask of the model's resolution made a matte of the picture's: its edge redrawn along that of the picture."""

from functools import partial
from typing import Literal, cast, get_args

import numpy as np

from vos.errors import InputError
from vos.matte.band import HALF, bounding_slices, signed_distance
from vos.matte.closed_form import closed_form
from vos.matte.guided import guided_filter
from vos.types import Image, Plane

Method = Literal["guided", "closed-form", "none"]

REACH = 2.0
"""Half the band's width, in pixels of the soft mask: as far as upsampling can have blurred or moved an edge."""
_LEAST_REACH = 3.0
"""In pixels of the picture: a mask drawn at its size is edged too."""
EPSILON = 1e-4
"""The guided filter's, in squared colours of 0..1."""
_FINE_RADIUS = 8
"""Pixels of a window that still needs every pixel; wider ones are summed on a smaller picture."""


def parse_method(text: str) -> Method:
    """Raises InputError for what is no method."""
    if text not in get_args(Method):
        raise InputError(f"--refine {text}: must be {', '.join(get_args(Method)[:-1])} or {get_args(Method)[-1]}")
    return cast(Method, text)


def refine(
    image: Image, alpha: Plane, method: Method, pixel: float, *, reach: float = REACH, epsilon: float = EPSILON
) -> Plane:
    """A matte that is 0 or 1 but in a band around the 0.5 contour, where the picture's edges draw it.

    image: (H, W, 3) uint8 RGB; alpha: (H, W) float32 0..1; pixel: side of the soft mask's own pixels, in the
    picture's; reach: half the band's width in those; epsilon: the guided filter's. "none" returns alpha as it is.
    """
    if method == "none":
        return alpha
    inside = alpha >= HALF
    hard = inside.astype(np.float32)
    if inside.all() or not inside.any():
        return hard
    width = max(_LEAST_REACH, reach * pixel)
    distance = signed_distance(inside)
    place = bounding_slices(np.abs(distance) <= width, 2 * round(width))
    draw = _closed_form if method == "closed-form" else partial(_guided, epsilon=epsilon)
    hard[place] = draw(image[place], alpha[place], distance[place], width)
    return hard


def _closed_form(image: Image, alpha: Plane, distance: Plane, width: float) -> Plane:
    """A thing no wider than the band has no pixel that is surely its own: it stays as the model sees it."""
    sure = np.abs(distance) > width
    inside = distance > 0
    if not (sure & inside).any() or not (sure & ~inside).any():
        return alpha
    return closed_form(image, np.where(sure, inside, np.float32(HALF)))


def _guided(image: Image, alpha: Plane, distance: Plane, width: float, epsilon: float) -> Plane:
    radius = round(width)
    found = guided_filter(image, alpha, radius, epsilon, max(1, radius // _FINE_RADIUS))
    # The filter does not end at the band: let it fade over the outer half, so that no line shows.
    share = np.clip(2 - 2 * np.abs(distance) / np.float32(width), 0, 1)
    return (share * found + (1 - share) * (distance > 0)).astype(np.float32)
