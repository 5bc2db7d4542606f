"""COCO's run-length encoding of one object's mask: runs down the columns, of pixels off and on in turn.

`{"size": [height, width], "counts": …}`: counts are a list of run lengths, or the same as text. There every length but
the first three is told as its difference to the length two before, in base 32, least digit first, each digit a
character from `0` (48) on, 32 more where another digit follows. Source: `maskApi.c` of cocoapi.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from vos.errors import InputError
from vos.io.drawing import Area


def encode_rle(area: Area) -> dict[str, Any]:
    """`size` and `counts`, as text, of a (H, W) bool mask."""
    flat = area.ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts = np.concatenate([[0] * (1 + bool(flat.size and flat[0])), changes, [flat.size]])
    return {"size": list(area.shape), "counts": _to_text(np.diff(starts).tolist())}


def decode_rle(encoded: Any) -> Area:
    """(H, W) bool of what `encode_rle`, or another writer of the format, made. InputError for anything else."""
    if not isinstance(encoded, Mapping) or "size" not in encoded or "counts" not in encoded:
        raise InputError("an RLE must be an object with 'size' and 'counts'")
    size, counts = encoded["size"], encoded["counts"]
    if not isinstance(size, list) or len(size) != 2 or not all(_is_count(side) for side in size):
        raise InputError(f"the RLE's size is {size!r}; it must be [height, width]")
    runs = _from_text(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(_is_count(run) for run in runs):
        raise InputError("the RLE's counts must be run lengths, as a list or as text")
    height, width = size
    if sum(runs) != height * width:
        raise InputError(f"the RLE's counts add up to {sum(runs)} pixels, but its size is {width}x{height}")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape((height, width), order="F")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _to_text(runs: list[int]) -> str:
    return "".join(
        character
        for index, run in enumerate(runs)
        for character in _digits(run - runs[index - 2] if index > 2 else run)
    )


def _digits(value: int) -> Iterator[str]:
    """The sign is that of the last digit's highest bit."""
    while True:
        digit, value = value & 31, value >> 5
        if value == (-1 if digit & 16 else 0):
            yield chr(48 + digit)
            return
        yield chr(48 + 32 + digit)


def _from_text(text: str) -> list[int]:
    values = list(_values(text))
    for index in range(3, len(values)):
        values[index] += values[index - 2]
    return values


def _values(text: str) -> Iterable[int]:
    value = shift = 0
    for character in text:
        digit = ord(character) - 48
        if not 0 <= digit < 64:
            raise InputError(f"the RLE's counts hold {character!r}, which is no digit of theirs")
        value |= (digit & 31) << shift
        shift += 5
        if digit < 32:
            yield value - (1 << shift) if digit & 16 else value
            value = shift = 0
    if shift:
        raise InputError("the RLE's counts end in the middle of a number")
