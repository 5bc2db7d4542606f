"""A soft mask of the model's resolution made a matte of the picture's: its edge redrawn along that of the picture."""

from dataclasses import dataclass
from math import ceil
from typing import Literal, cast, get_args

import numpy as np

from vos.errors import InputError
from vos.matte.band import HALF, bounding_slices, edge_boxes, moved, signed_distance, widened
from vos.matte.closed_form import closed_form
from vos.matte.guided import guided_filter
from vos.types import Image, Plane

Method = Literal["guided", "closed-form", "none"]

_LEAST_REACH = 3.0
"""In pixels of the picture: a mask drawn at its size is edged too."""
_FINE_RADIUS = 8
"""Pixels of a window that still needs every pixel; wider ones are summed on a smaller picture."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """How an edge is drawn; lengths in pixels of the soft mask. Chosen by benchmarks/bench_mattes.py."""

    reach: float = 1.0
    """Half the width of the band."""
    radius: float = 1.5
    """Of the guided filter's window."""
    steepness: float = 2.0
    """How many times steeper the soft mask's ramp is made first: it is as wide as the model's pixels."""
    epsilon: float = 1e-4
    """The guided filter's, in squared colours of 0..1."""


GUIDED = Drawing()
CLOSED_FORM = Drawing(reach=1.5)


def parse_method(text: str) -> Method:
    """Raises InputError for what is no method."""
    if text not in get_args(Method):
        raise InputError(f"--refine {text}: must be {', '.join(get_args(Method)[:-1])} or {get_args(Method)[-1]}")
    return cast(Method, text)


def refine(image: Image, alpha: Plane, method: Method, pixel: float, how: Drawing | None = None) -> Plane:
    """A matte that is 0 or 1 but in a band around the 0.5 contour, where the picture's edges draw it.

    image: (H, W, 3) uint8 RGB; alpha: (H, W) float32 0..1; pixel: side of the soft mask's own pixels, in the
    picture's. "none" returns alpha as it is.
    """
    if method == "none":
        return alpha
    how = how or (CLOSED_FORM if method == "closed-form" else GUIDED)
    inside = alpha >= HALF
    matte = inside.astype(np.float32)
    if inside.all() or not inside.any():
        return matte
    width = max(_LEAST_REACH, how.reach * pixel)
    radius = max(1, round(how.radius * pixel))
    if method == "closed-form":
        distance = signed_distance(inside)
        place = bounding_slices(np.abs(distance) <= width, 2 * radius)
        matte[place] = _closed_form(image[place], alpha[place], distance[place], width)
        return matte
    reach = ceil(width) + 1
    for box in edge_boxes(inside, reach):
        near, wide = widened(box, reach + 1), widened(box, 2 * radius)  # what distances and colours depend on
        distance = signed_distance(inside[near])[moved(box, -near[0].start, -near[1].start)]
        drawn = _guided(image[wide], alpha[wide], radius, how)[moved(box, -wide[0].start, -wide[1].start)]
        # The filter does not end at the band: let it fade over the outer half, so that no line shows.
        share = np.clip(2 - 2 * np.abs(distance) / np.float32(width), 0, 1)
        matte[box] = share * drawn + (1 - share) * (distance > 0)
    return matte


def _closed_form(image: Image, alpha: Plane, distance: Plane, width: float) -> Plane:
    """A thing no wider than the band has no pixel that is surely its own: it stays as the model sees it."""
    sure = np.abs(distance) > width
    inside = distance > 0
    if not (sure & inside).any() or not (sure & ~inside).any():
        return alpha
    return closed_form(image, np.where(sure, inside, np.float32(HALF)))


def _guided(image: Image, alpha: Plane, radius: int, how: Drawing) -> Plane:
    steep = np.clip((alpha - HALF) * how.steepness + HALF, 0, 1).astype(np.float32)
    return guided_filter(image, steep, radius, how.epsilon, max(1, radius // _FINE_RADIUS))
