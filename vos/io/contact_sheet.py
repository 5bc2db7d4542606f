"""Several frames on one picture, for a look at a whole run."""

from collections.abc import Collection, Sequence
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
from PIL import ImageDraw, ImageFont

from vos.errors import InputError
from vos.io.overlay import paint_overlay
from vos.io.pictures import write_picture
from vos.types import Frame, Image, Segmentation

_BACKGROUND = (24, 24, 24)
_GAP = 8
_CAPTION_SIZE = 16


def contact_sheet(
    pictures: Sequence[Image], captions: Sequence[str], *, columns: int = 4, tile_width: int = 400
) -> Image:
    """Captioned tiles, row by row, as one (H, W, 3) uint8 RGB picture.

    pictures: (h, w, 3) uint8 RGB of one size, each scaled to `tile_width` pixels; one caption each.
    Raises InputError without pictures, or when pictures and captions differ in number.
    """
    if not pictures or len(pictures) != len(captions):
        raise InputError(f"a contact sheet needs a caption for each picture, not {len(captions)} for {len(pictures)}")
    tiles = [_tile(picture, caption, tile_width) for picture, caption in zip(pictures, captions, strict=True)]
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    height, width = tiles[0].shape[:2]
    sheet = np.full((_GAP + rows * (height + _GAP), _GAP + columns * (width + _GAP), 3), _BACKGROUND, np.uint8)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        top, left = _GAP + row * (height + _GAP), _GAP + column * (width + _GAP)
        sheet[top : top + height, left : left + width] = tile
    return sheet


class ContactSheetWriter:
    """Sink: a PNG with the overlays of chosen frames; keeps only the small tiles in memory."""

    def __init__(self, path: Path, frames: Collection[int], *, columns: int = 4, tile_width: int = 400) -> None:
        """frames: numbers of the frames to show, such as `evenly_spaced(clip.frames, 12)`."""
        self._path = path
        self._chosen = frozenset(frames)
        self._columns = columns
        self._tile_width = tile_width
        self._pictures: list[Image] = []
        self._captions: list[str] = []

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        if frame.index in self._chosen:
            self._pictures.append(_scaled(paint_overlay(frame.image, segmentation.ids), self._tile_width))
            self._captions.append(f"frame {frame.index}")

    def close(self) -> None:
        """Raises WorkError when the file cannot be written."""
        if not self._pictures:
            return
        sheet = contact_sheet(self._pictures, self._captions, columns=self._columns, tile_width=self._tile_width)
        write_picture(self._path, sheet)

    def abort(self) -> None:
        """A sheet of a failed run is not written."""


def evenly_spaced(frames: range, count: int) -> list[int]:
    """At most `count` frame numbers over the range, first and last included."""
    places = np.linspace(0, len(frames) - 1, min(count, len(frames)))
    return [frames[round(float(place))] for place in places]


def _tile(picture: Image, caption: str, width: int) -> Image:
    tile = PIL.Image.fromarray(_scaled(picture, width)).convert("RGB")
    draw = ImageDraw.Draw(tile, "RGBA")
    font = ImageFont.load_default(_CAPTION_SIZE)
    left, top, right, bottom = draw.textbbox((10, 8), caption, font=font)
    draw.rounded_rectangle((left - 5, top - 4, right + 5, bottom + 4), radius=4, fill=(0, 0, 0, 150))
    draw.text((10, 8), caption, font=font, fill=(255, 255, 255, 255))
    return np.asarray(tile)


def _scaled(picture: Image, width: int) -> Image:
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    if (height, width) == picture.shape[:2]:
        return picture
    shrinking = width < picture.shape[1]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC)
