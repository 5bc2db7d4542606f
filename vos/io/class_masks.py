"""Masks of several examples: their ids, or one flat colour a class.

The classes of colour masks are numbered so that the same masks always give the same ids: where every colour is one
of the 21 that DAVIS masks use, it has its id there; else colours count 1, 2, … in the order of the masks in
which they appear first, and those of one mask by their RGB value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vos.errors import InputError
from vos.io.masks import HIGHEST_ID, opaque_rgb, open_mask, read_mask
from vos.io.palette import NAMED_COLOURS
from vos.types import LabelMap

Colour = tuple[int, int, int]
"""RGB, 0..255."""

_LEAST_DIFFERENCE = 8
"""Levels by which two colours must differ in a channel: soft edges and lossy saving make nearer ones."""
_BLEND_TOLERANCE = 3
"""Levels by which a colour may miss the line between the two that it mixes."""
_FEWEST_BLENDS = 3
"""Fewer may be thin things in colours that happen to lie between others."""
_ADVICE = "paint each class in one flat colour without soft edges (anti-aliasing), or save ids as an indexed PNG"
_BLACK: Colour = (0, 0, 0)
_WHITE: Colour = (255, 255, 255)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ClassMasks:
    """Several masks under one numbering."""

    ids: tuple[LabelMap, ...]
    """(H, W) uint8 each, in the order of the files."""
    colours: Mapping[int, Colour]
    """Class id → its colour in the files; empty where they hold ids."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _ColourMask:
    path: Path
    colours: tuple[Colour, ...]
    """Ascending; black among them."""
    index: npt.NDArray[np.intp]
    """(H, W): which of `colours`."""

    @property
    def classes(self) -> tuple[Colour, ...]:
        return tuple(colour for colour in self.colours if colour != _BLACK)


def read_class_masks(paths: Sequence[Path]) -> ClassMasks:
    """Read masks that belong together, each as `read_mask` does or by its colours; black is the background.

    The same colour, like the same id, is the same class in all of them. Raises InputError naming the file for what
    `read_mask` refuses but colours, more than 254 colours, colours that are too close to be told apart, soft
    edges, and ids beside colours whose ids are not known.
    """
    found = {path: _colour_mask(path) for path in paths}
    coloured = [mask for mask in found.values() if mask is not None]
    if all(set(mask.classes) <= {_WHITE} for mask in coloured):
        return ClassMasks(ids=tuple(read_mask(path) for path in paths), colours={})
    numbers = _numbered(coloured)
    numberless = [path for path, mask in found.items() if mask is None]
    if numberless and not set(numbers) <= set(NAMED_COLOURS):
        raise InputError(
            f"{numberless[0]} holds ids and {coloured[0].path} colours that are not those of DAVIS masks: which colour "
            "is which id? Save all masks in colours, or all as indexed PNGs"
        )
    ids = (read_mask(path) if (mask := found[path]) is None else _ids(mask, numbers) for path in paths)
    return ClassMasks(ids=tuple(ids), colours={number: colour for colour, number in numbers.items()})


def hex_colour(colour: Colour) -> str:
    """(255, 0, 0) → `#ff0000`."""
    return f"#{bytes(colour).hex()}"


def _colour_mask(path: Path) -> _ColourMask | None:
    """The mask by its colours, or None if its file holds values that are no colours."""
    picture = open_mask(path)
    if picture.mode in ("1", "P", "L") or picture.mode.startswith("I"):
        return None
    red, green, blue = np.moveaxis(opaque_rgb(path, picture).astype(np.uint32), -1, 0)
    packed, index = np.unique(red << 16 | green << 8 | blue, return_inverse=True)
    count = len(packed) - int(packed[0] == 0)
    if not count:
        raise InputError(f"{path}: the mask is empty (every pixel is black); paint at least one class in a colour")
    if count > HIGHEST_ID:
        raise InputError(f"{path}: the mask holds {count} colours, but at most {HIGHEST_ID} classes; {_ADVICE}")
    colours = tuple((value >> 16, value >> 8 & 255, value & 255) for value in packed.tolist())
    return _ColourMask(path=path, colours=colours, index=index.reshape(red.shape))


def _numbered(masks: Sequence[_ColourMask]) -> dict[Colour, int]:
    """Class ids by colour; refuses colours that cannot be classes."""
    home = {colour: mask.path for mask in reversed(masks) for colour in mask.classes}
    colours = list(dict.fromkeys(colour for mask in masks for colour in mask.classes))
    if set(colours) <= set(NAMED_COLOURS):
        return {colour: NAMED_COLOURS[colour] for colour in sorted(colours, key=NAMED_COLOURS.__getitem__)}
    if len(colours) > HIGHEST_ID:
        raise InputError(
            f"{home[colours[HIGHEST_ID]]}: with it the masks hold {len(colours)} colours, but at most {HIGHEST_ID} "
            f"classes; {_ADVICE}"
        )
    _require_distinct(colours, home)
    for mask in masks:
        _require_flat(mask)
    return {colour: number for number, colour in enumerate(colours, start=1)}


def _require_distinct(colours: Sequence[Colour], home: Mapping[Colour, Path]) -> None:
    """Refuse the closest two colours, black included, if they differ too little."""
    levels = np.array([_BLACK, *colours], np.int16)
    apart = np.abs(levels[:, None] - levels[None]).max(axis=2)
    np.fill_diagonal(apart, 256)
    first, second = sorted(int(place) for place in np.unravel_index(apart.argmin(), apart.shape))
    if apart[first, second] >= _LEAST_DIFFERENCE:
        return
    later = colours[second - 1]
    earlier = _BLACK if first == 0 else colours[first - 1]
    elsewhere = f" of {home[earlier]}" if first and home[earlier] != home[later] else ""
    raise InputError(
        f"{home[later]}: its colour {hex_colour(later)} and {hex_colour(earlier)}{elsewhere} differ by "
        f"{apart[first, second]} levels, too little to be told apart ({_LEAST_DIFFERENCE} are needed in a channel); "
        f"{_ADVICE}"
    )


def _require_flat(mask: _ColourMask) -> None:
    """Refuse soft edges: several colours that are nowhere 3x3 pixels wide and mix two that are."""
    kernel = np.ones((3, 3), np.uint8)
    wide = [bool(cv2.erode((mask.index == one).astype(np.uint8), kernel).any()) for one in range(len(mask.colours))]
    solid = {_BLACK, *(colour for colour, is_wide in zip(mask.colours, wide, strict=True) if is_wide)}
    blends = [colour for colour in mask.colours if colour not in solid and _mixes(colour, sorted(solid))]
    if len(blends) >= _FEWEST_BLENDS:
        raise InputError(
            f"{mask.path}: {len(blends)} of its {len(mask.classes)} colours, such as {hex_colour(blends[0])}, only "
            f"line the edges between others; {_ADVICE}"
        )


def _mixes(colour: Colour, others: Sequence[Colour]) -> bool:
    """Whether it lies between two of the others."""
    ends = np.array(others, np.float64)
    along = ends[None] - ends[:, None]
    offset = np.array(colour) - ends[:, None]
    share = (offset * along).sum(axis=2) / np.maximum((along**2).sum(axis=2), 1)
    rest = np.abs(offset - share[..., None] * along).max(axis=2)
    return bool(((share > 0) & (share < 1) & (rest <= _BLEND_TOLERANCE)).any())


def _ids(mask: _ColourMask, numbers: Mapping[Colour, int]) -> LabelMap:
    return np.array([numbers.get(colour, 0) for colour in mask.colours], np.uint8)[mask.index]
