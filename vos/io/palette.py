"""Colours for files and for pictures people look at."""

import colorsys
from collections.abc import Mapping

import numpy as np

from vos.types import Image

_NAMED = (
    "000000 800000 008000 808000 000080 800080 008080 808080 400000 bf0000 408000 "
    "bf8000 400080 bf0080 408080 bf8080 004000 804000 00bf00 80bf00 004080 804080"
)


def recoloured(palette: Image, colours: Mapping[int, tuple[int, int, int]]) -> Image:
    """A copy of a (256, 3) palette with these RGB colours for these ids."""
    changed = palette.copy()
    for identity, colour in colours.items():
        changed[identity] = colour
    return changed


def _davis_palette() -> Image:
    """Grey ramp whose first 22 entries are the VOC colours, as stored in the DAVIS 2017 annotations."""
    palette = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    named = np.frombuffer(bytes.fromhex(_NAMED.replace(" ", "")), np.uint8).reshape(-1, 3)
    palette[: len(named)] = named
    return palette


def _display_colours() -> Image:
    """Bright colours for overlays: hues a golden angle apart, so that neighbouring ids look unlike."""
    golden = 0.6180339887498949
    colours = np.zeros((256, 3), np.uint8)
    for object_id in range(1, 256):
        hue = (0.98 + golden * (object_id - 1)) % 1.0
        lighter = (object_id - 1) // 8 % 2
        rgb = colorsys.hsv_to_rgb(hue, 0.55 if lighter else 0.85, 1.0)
        colours[object_id] = [round(255 * part) for part in rgb]
    return colours


DAVIS_PALETTE = _davis_palette()
"""(256, 3) uint8 RGB: colour of each id in mask files."""

NAMED_COLOURS = {
    (int(red), int(green), int(blue)): number for number, (red, green, blue) in enumerate(DAVIS_PALETTE[:22]) if number
}
"""RGB → id of the entries 1..21; the grey ramp above them is for no colour mask."""

DISPLAY_COLOURS = _display_colours()
"""(256, 3) uint8 RGB: colour of each id in overlays, previews and contact sheets; id 0 is black and unused."""


for _table in (DAVIS_PALETTE, DISPLAY_COLOURS):
    _table.flags.writeable = False
