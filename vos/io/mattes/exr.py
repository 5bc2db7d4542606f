"""Pictures with alpha as OpenEXR files: half floats, linear light."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vos.errors import InputError, WorkError
from vos.io.atomic import replacing
from vos.io.mattes.alpha import Alpha
from vos.types import Image, Plane

_CHUNK_ROWS = 16
"""Of ZIP compression."""


def require_exr() -> None:
    """Raises InputError where OpenEXR is not installed."""
    if find_spec("OpenEXR") is None:
        raise InputError("--export exr: needs OpenEXR, which is not installed: pip install 'vos-in-context[exr]'")


def write_exr(path: Path, image: Image, alpha: Plane, convention: Alpha) -> None:
    """Write R, G, B and A as half floats. Raises WorkError when it cannot be written.

    image: (H, W, 3) uint8 RGB, taken for sRGB and written as linear light, as EXR readers expect it; alpha: (H, W)
    float32 0..1. Premultiplied, the convention of EXR, weights linear light.
    """
    import OpenEXR

    light = _linear_light()[image]
    if convention == "premultiplied":
        light = light * alpha[..., None]
    pixels = np.dstack([light, alpha]).astype(np.float16)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with replacing(path) as temporary:
        try:
            OpenEXR.File(header, {"RGBA": pixels}).write(str(temporary))
        except RuntimeError as error:  # what its C++ library raises for a full disk, too
            raise WorkError(f"cannot write {path}: {error}") from error
        if not _is_whole(temporary, chunks=-(-alpha.shape[0] // _CHUNK_ROWS)):
            raise WorkError(f"cannot write {path}: it was cut short; is there room?")


def _is_whole(path: Path, chunks: int) -> bool:
    """Whether a scan line file ends where its last chunk does: OpenEXR closes files in silence, on a full disk too.

    After magic and version come attributes (name, type, size, value), an empty name, and each chunk's offset; a chunk
    is its first row and its size, then that many bytes: openexr.com, "OpenEXR File Layout".
    """
    with path.open("rb") as file:
        content = file.read(path.stat().st_size)
    try:
        place = 8
        while content[place]:
            place = content.index(0, content.index(0, place) + 1) + 1
            place += 4 + int.from_bytes(content[place : place + 4], "little")
        offsets = np.frombuffer(content, "<u8", chunks, place + 1)
        last = int(offsets.max())
        return bool(offsets.all()) and last + 8 + int.from_bytes(content[last + 4 : last + 8], "little") == len(content)
    except (IndexError, ValueError):
        return False


@cache
def _linear_light() -> npt.NDArray[np.float32]:
    """(256,) float32: each level of sRGB as a share of white's light (IEC 61966-2-1)."""
    level = np.arange(256) / 255
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4).astype(np.float32)
