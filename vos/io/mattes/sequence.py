"""Mattes as image sequences: one file a frame."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import PIL.Image

from vos.io.atomic import replacing
from vos.io.mattes.alpha import Alpha, with_alpha
from vos.io.soft_masks import write_soft_mask
from vos.types import Frame, Image, Plane

_FAST = 1
"""PNG's compression level: 6 takes several times as long for a picture and saves little."""


class SequenceWriter:
    """One file a frame in `folder`; a file that is there is whole."""

    whole_clip = False

    def __init__(
        self, folder: Path, file_name: Callable[[Frame], str], save: Callable[[Path, Image, Plane], None]
    ) -> None:
        """save: writes one frame's picture (H, W, 3) uint8 RGB and alpha (H, W) float32 0..1 to a path."""
        self._folder = folder
        self._file_name = file_name
        self._save = save

    def write(self, frame: Frame, alpha: Plane) -> None:
        self._save(self._folder / self._file_name(frame), frame.image, alpha)

    def close(self) -> None:
        """Every file is whole as soon as `write` returns."""

    def abort(self) -> None:
        """Finished files stay."""


def write_grey(path: Path, image: Image, alpha: Plane, bits: Literal[8, 16]) -> None:
    """Write the matte alone as a grey PNG. Raises WorkError when it cannot be written."""
    write_soft_mask(path, alpha, bits)


def write_rgba(path: Path, image: Image, alpha: Plane, convention: Alpha) -> None:
    """Write an 8-bit PNG with alpha. Raises WorkError when it cannot be written."""
    with replacing(path) as temporary:
        PIL.Image.fromarray(with_alpha(image, alpha, convention)).save(temporary, format="PNG", compress_level=_FAST)
