"""Flat-coloured clips for the fake model: rectangles that move over a grey ground."""

from collections.abc import Sequence

import numpy as np

from vos.types import Frame, LabelMap

SIZE = (64, 96)
GROUND = (110, 110, 110)
SHADES = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255), (255, 255, 255)]
"""Object 1 has the first shade, object 2 the second, …"""


def picture(boxes: dict[int, tuple[int, int]], index: int = 0, *, side: int = 16) -> tuple[Frame, LabelMap]:
    """A frame with a square of `side` for each object, at (top, left), and its label map."""
    image = np.full((*SIZE, 3), GROUND, dtype=np.uint8)
    labels = np.zeros(SIZE, dtype=np.uint8)
    for identity, (top, left) in boxes.items():
        place = np.s_[top : top + side, left : left + side]
        image[place], labels[place] = SHADES[identity - 1], identity
    return Frame(index=index, image=image, stem=f"{index:05d}"), labels


def clip(frames: int, objects: Sequence[int]) -> list[tuple[Frame, LabelMap]]:
    """Squares that wander two pixels a frame, each in a lane of its own."""
    return [
        picture(
            {identity: (2 * (4 * lane), (2 * step + 12 * lane) % 80) for lane, identity in enumerate(objects)},
            step,
            side=8,
        )
        for step in range(frames)
    ]
