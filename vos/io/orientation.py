"""Turning stored pixels upright by a container's display matrix."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np

from vos.errors import InputError
from vos.types import Image

if TYPE_CHECKING:
    from torch import Tensor

_UNIT = 1 << 16  # the matrix is 16.16 fixed point
_ROTATIONS = {
    (False, False, False): (0, False),
    (False, True, True): (180, False),
    (True, True, False): (90, False),
    (True, False, True): (270, False),
    (False, True, False): (0, True),
    (False, False, True): (180, True),
    (True, True, True): (90, True),
    (True, False, False): (270, True),
}


@dataclass(frozen=True, slots=True)
class Orientation:
    """Quarter turns and mirrorings: transpose first, then flip."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @property
    def rotation(self) -> int:
        """Degrees clockwise: 0, 90, 180 or 270."""
        return _ROTATIONS[self.transpose, self.flip_x, self.flip_y][0]

    @property
    def mirrored(self) -> bool:
        """Mirrored left to right before the turn."""
        return _ROTATIONS[self.transpose, self.flip_x, self.flip_y][1]

    @overload
    def apply(self, image: Image) -> Image: ...
    @overload
    def apply(self, image: "Tensor") -> "Tensor": ...
    def apply(self, image: "Image | Tensor") -> "Image | Tensor":
        """(H, W, 3) as stored → upright, contiguous."""
        if not isinstance(image, np.ndarray):
            turned = image.transpose(0, 1) if self.transpose else image
            flipped = [dim for dim, flip in ((1, self.flip_x), (0, self.flip_y)) if flip]
            return turned.flip(flipped).contiguous() if flipped else turned.contiguous()
        if self.transpose:
            image = image.transpose(1, 0, 2)
        if self.flip_x:
            image = image[:, ::-1]
        if self.flip_y:
            image = image[::-1]
        return np.ascontiguousarray(image)


def orientation_of(display_matrix: bytes | None) -> Orientation:
    """Orientation from the nine native int32 of a display matrix [a b u; c d v; x y w] (ISO 14496-12, 8.3.2):
    x' = a x + c y and y' = b x + d y, y pointing down. Raises InputError unless it is quarter turns."""
    if display_matrix is None:
        return Orientation()
    values = np.frombuffer(display_matrix, np.int32, count=9).astype(np.float64) / _UNIT
    a, b, c, d = (round(value) for value in values[[0, 1, 3, 4]])
    if (abs(a), abs(b), abs(c), abs(d)) == (1, 0, 0, 1):
        return Orientation(False, a < 0, d < 0)
    if (abs(a), abs(b), abs(c), abs(d)) == (0, 1, 1, 0):
        return Orientation(True, c < 0, b < 0)
    raise InputError(f"the display matrix {values.tolist()} is not a turn by 0, 90, 180 or 270 degrees")
