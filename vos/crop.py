"""A rectangle of a frame, in whole pixels."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seggpt_core.window import Window

Size = tuple[int, int]
"""Height and width."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Crop:
    """Rows top..top+height-1 and columns left..left+width-1."""

    top: int
    left: int
    height: int
    width: int

    @property
    def size(self) -> Size:
        return self.height, self.width

    def cut(self, picture: Any) -> Any:
        """This part of an array or a tensor (H, W, ...), as a view."""
        return picture[self.top : self.top + self.height, self.left : self.left + self.width]

    def window(self, size: Size) -> Window:
        """The same in shares of a frame of that size."""
        height, width = size
        return Window(self.top / height, self.left / width, self.height / height, self.width / width)

    def holds(self, other: "Crop") -> bool:
        """Whether all of `other` lies within."""
        return (
            self.top <= other.top
            and self.left <= other.left
            and other.top + other.height <= self.top + self.height
            and other.left + other.width <= self.left + self.width
        )

    def widened(self, rows: int, columns: int, size: Size) -> "Crop":
        """With so many more rows above and below and columns to both sides, where a frame of that size has them."""
        top, left = max(0, self.top - rows), max(0, self.left - columns)
        bottom = min(size[0], self.top + self.height + rows)
        right = min(size[1], self.left + self.width + columns)
        return Crop(top=top, left=left, height=bottom - top, width=right - left)

    def resized(self, height: int, width: int, size: Size) -> "Crop":
        """Of another size about the same middle, moved into a frame of `size`, which must be as large."""
        top = self.top + (self.height - height) // 2
        left = self.left + (self.width - width) // 2
        return Crop(
            top=min(max(0, top), size[0] - height),
            left=min(max(0, left), size[1] - width),
            height=height,
            width=width,
        )


def whole(size: Size) -> Crop:
    """All of a frame."""
    return Crop(top=0, left=0, height=size[0], width=size[1])


def union(crops: Iterable[Crop]) -> Crop:
    """The smallest crop that holds all of one or more."""
    listed = list(crops)
    top, left = min(one.top for one in listed), min(one.left for one in listed)
    bottom = max(one.top + one.height for one in listed)
    right = max(one.left + one.width for one in listed)
    return Crop(top=top, left=left, height=bottom - top, width=right - left)


def bounding(mask: npt.NDArray[np.bool_]) -> Crop:
    """The smallest crop that holds all that is true of a mask (H, W), which must be something."""
    rows = np.flatnonzero(mask.any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(mask[top:bottom].any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    return Crop(top=top, left=left, height=bottom - top, width=right - left)
