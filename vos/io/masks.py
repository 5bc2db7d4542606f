"""Mask files: one id a pixel."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL.Image

from vos.errors import InputError
from vos.io.atomic import replacing
from vos.io.palette import DAVIS_PALETTE
from vos.io.soft_edges import soft_levels
from vos.types import VOID, Frame, Image, LabelMap, Segmentation

HIGHEST_ID = VOID - 1
_WHITE_16 = 65535
_ADVICE = "save it as an indexed PNG (ids 1..254) or as a black and white one (0 and 255)"


def read_mask(path: Path, *, empty_ok: bool = False) -> LabelMap:
    """Read object ids from an image file, as (H, W) uint8.

    An indexed image keeps its ids 1..254 as they are; so does a grey one, unless it looks like a soft mask. 255
    beside other ids is void and stays 255. An image of 0 and 255 alone (or a 1-bit one, or a 16-bit one of 0 and
    65535) is object 1. A mask with no object is refused unless `empty_ok` (ground truth of a frame that the object
    has left).

    Raises InputError naming the file for anything else: no such file, not an image, JPEG (its ids are not
    exact), soft masks (`soft_levels`), other 16-bit values above 254, colours, transparency.
    """
    ids = _values(path, open_mask(path))
    if np.isin(ids, (0, VOID)).all():
        ids = (ids > 0).astype(np.uint8)
    if not empty_ok and not ids.any():
        raise InputError(f"{path}: the mask is empty (every pixel is 0); paint at least one object with an id 1..254")
    return ids


def write_mask(path: Path, ids: LabelMap, palette: Image = DAVIS_PALETTE) -> None:
    """Write (H, W) uint8 ids 0..254 as an indexed PNG; equal ids give equal bytes.

    palette: (256, 3) uint8 RGB, the colour of each id. Raises InputError for another shape or dtype and for void
    (255), which no mask file may hold; WorkError when the file cannot be written.
    """
    if ids.ndim != 2 or ids.dtype != np.uint8:
        raise InputError(f"{path}: a mask is (H, W) uint8, not {ids.shape} {ids.dtype}")
    if (ids == VOID).any():
        raise InputError(f"{path}: id {VOID} means void and is never written; ids are 1..{HIGHEST_ID}")
    picture = PIL.Image.fromarray(ids, mode="L")
    picture.putpalette(palette.tobytes())
    with replacing(path) as temporary:
        picture.save(temporary, format="PNG")


def object_ids(ids: LabelMap) -> list[int]:
    """Ids of the objects in a label map, ascending; neither background nor void."""
    counts = np.bincount(ids.ravel(), minlength=VOID + 1)  # a quarter of what np.unique takes
    return [one for one in np.flatnonzero(counts).tolist() if one not in (0, VOID)]


def require_size(ids: LabelMap, path: Path, *, width: int, height: int, clip: Path) -> None:
    """Raise InputError naming both sizes unless the mask is as large as the clip's upright frames."""
    mask_height, mask_width = ids.shape
    if (mask_width, mask_height) != (width, height):
        raise InputError(
            f"{path}: the mask is {mask_width}x{mask_height} pixels, but {clip} is {width}x{height} (width x height); "
            "they must be equal"
        )


class MaskWriter:
    """Sink: one `<frame's stem>.png` a segmentation, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        if not segmentation.stored:
            write_mask(self.folder / mask_name(frame.stem), segmentation.ids)

    def close(self) -> None:
        """Every file is whole as soon as `write` returns."""

    def abort(self) -> None:
        """Finished masks stay."""


def mask_name(stem: str) -> str:
    """File name of the mask of the frame with this stem."""
    return f"{stem}.png"


def open_mask(path: Path) -> PIL.Image.Image:
    """A mask file, decoded. Raises InputError if it is not there, not an image, or JPEG: its values are not exact."""
    if not path.exists():
        raise InputError(f"{path}: no such file")
    try:
        with PIL.Image.open(path) as picture:
            picture.load()
    except PIL.UnidentifiedImageError as error:
        raise InputError(f"{path}: not an image; {_ADVICE}") from error
    except (OSError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise InputError(f"{path}: cannot be read as an image ({error})") from error
    if picture.format in ("JPEG", "MPO"):
        raise InputError(f"{path}: JPEG does not keep ids exactly; {_ADVICE}")
    return picture


def opaque_rgb(path: Path, picture: PIL.Image.Image) -> Image:
    """(H, W, 3) uint8 RGB of a mask. Raises InputError if some of it is transparent."""
    if picture.has_transparency_data and np.asarray(picture.convert("RGBA"))[..., 3].min() < 255:
        raise InputError(f"{path}: the mask has transparent pixels; {_ADVICE}")
    return np.asarray(picture.convert("RGB"))


def _values(path: Path, picture: PIL.Image.Image) -> LabelMap:
    if picture.mode == "1":
        return np.asarray(picture.convert("L"))
    if picture.mode == "P":
        return np.array(picture, dtype=np.uint8)
    if picture.mode == "L":
        return _from_grey(path, np.array(picture, dtype=np.uint8))
    if picture.mode.startswith("I"):
        return _from_16_bit(path, np.asarray(picture))
    return _from_colours(path, picture)


def _from_grey(path: Path, values: LabelMap) -> LabelMap:
    _require_hard(path, values)
    return values


def _require_hard(path: Path, values: LabelMap) -> None:
    """A soft mask's greys would be taken for hundreds of objects, and its white for void."""
    if levels := soft_levels(values):
        raise InputError(
            f"{path}: a soft mask ({levels} greys between black and white), not ids; threshold it at half, to black "
            "and white alone, or save ids as an indexed PNG"
        )


def _from_16_bit(path: Path, values: npt.NDArray[np.generic]) -> LabelMap:
    highest, lowest = int(values.max()), int(values.min())
    if lowest >= 0 and highest <= HIGHEST_ID:
        return values.astype(np.uint8)
    if np.isin(values, (0, _WHITE_16)).all():
        return (values == _WHITE_16).astype(np.uint8)
    if lowest >= 0 and highest <= _WHITE_16:
        _require_hard(path, (values.astype(np.uint32) >> 8).astype(np.uint8))
    found = highest if highest > HIGHEST_ID else lowest
    raise InputError(f"{path}: the 16-bit mask holds id {found}; ids go from 1 to {HIGHEST_ID}")


def _from_colours(path: Path, picture: PIL.Image.Image) -> LabelMap:
    red, green, blue = np.moveaxis(opaque_rgb(path, picture), -1, 0)
    is_grey = bool(((red == green) & (green == blue)).all())
    if is_grey:
        _require_hard(path, red)
    if not is_grey or not np.isin(red, (0, VOID)).all():
        raise InputError(f"{path}: the mask holds colours (image mode {picture.mode}), not ids; {_ADVICE}")
    return red.copy()
