"""Made clips of what the compact model is known to get wrong: a fast thing of thin parts, and two alike that cross.

Everything follows from the frame's number, so that truth is known and the pictures may be published.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
import numpy.typing as npt

from vos.types import Image, LabelMap

SIZE = (288, 512)
FRAMES = 48

Drawn = tuple[Image, LabelMap]
"""A picture (H, W, 3) uint8 RGB and its ids (H, W) uint8."""

_BODY = (178, 92, 64)


def thin_parts(index: int) -> Drawn:
    """A wheel of wire, with a flag on a pole, that rolls and hops across the picture in two seconds."""
    picture, ids = _ground(index), np.zeros(SIZE, np.uint8)
    share = index / (FRAMES - 1)
    x, y = 70 + 370 * share, 190 - 45 * abs(np.sin(3 * np.pi * share))
    hub, ink = np.array([x, y]), np.zeros(SIZE, np.uint8)
    cv2.circle(ink, (round(x), round(y)), 46, 1, 3, cv2.LINE_8)
    for spoke in range(6):
        angle = np.pi * (spoke / 6 + 2.5 * share)
        reach = 46 * np.array([np.cos(angle), np.sin(angle)])
        _line(ink, hub - reach, hub + reach, 2)
    _line(ink, hub, (x - 18, y - 105), 2)
    _fill(ink, [(x - 18, y - 105), (x - 60, y - 96), (x - 20, y - 84)])
    ids[ink > 0] = 1
    picture[ids == 1] = (235, 222, 190)
    return picture, ids


def alike_and_crossing(index: int) -> Drawn:
    """Two figures of one look that walk through each other, the nearer one in front; each is an object."""
    picture, ids = _ground(index), np.zeros(SIZE, np.uint8)
    share = index / (FRAMES - 1)
    for identity, x in ((1, 410 - 310 * share), (2, 100 + 310 * share)):
        figure = np.zeros(SIZE, np.uint8)
        stride = 20 * np.sin(10 * np.pi * share + identity)
        cv2.ellipse(figure, (round(x), 150), (24, 48), 0, 0, 360, 1, -1)
        cv2.circle(figure, (round(x), 84), 18, 1, -1)
        for side in (-1, 1):
            _line(figure, (x, 190), (x + side * stride, 255), 11)
            _line(figure, (x, 130), (x - side * stride, 185), 8)
        ids[figure > 0] = identity
        shade = _texture(7, 5)[:, :, None] * 0.5 + 0.6
        picture[figure > 0] = np.clip(np.array(_BODY) * shade, 0, 255)[figure > 0].astype(np.uint8)
    return picture, ids


CLIPS: Mapping[str, Callable[[int], Drawn]] = {"thin parts": thin_parts, "alike and crossing": alike_and_crossing}
"""By what they show: the picture and the truth of a frame, 0..FRAMES-1."""


def _ground(index: int) -> Image:
    """A textured slope that the camera passes."""
    texture = _texture(3, 11)
    seen = np.roll(texture, -2 * index, axis=1)
    tint = np.array([92, 118, 74], np.float32)
    return np.clip(tint * (0.55 + 0.75 * seen[:, :, None]), 0, 255).astype(np.uint8)


def _texture(seed: int, cell: int) -> npt.NDArray[np.float32]:
    """Smooth noise in 0..1 of the picture's size whose blobs are about `cell` pixels wide."""
    coarse = np.random.default_rng(seed).random((SIZE[0] // cell + 2, SIZE[1] // cell + 2), dtype=np.float32)
    return np.asarray(cv2.resize(coarse, SIZE[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _line(canvas: npt.NDArray[np.uint8], start: npt.ArrayLike, end: npt.ArrayLike, thickness: int) -> None:
    first, last = (tuple(int(value) for value in np.rint(np.asarray(point))) for point in (start, end))
    cv2.line(canvas, first, last, 1, thickness)


def _fill(canvas: npt.NDArray[np.uint8], points: list[tuple[float, float]]) -> None:
    cv2.fillPoly(canvas, [np.rint(np.array(points)).astype(np.int32)], 1)
