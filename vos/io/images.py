"""Clips in folders of images; a single image is a clip of one frame."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import PIL.Image
from PIL import ImageOps

from vos.errors import InputError, WorkError
from vos.io.clip import ClipInfo
from vos.io.frame_range import FrameRange, select_frames
from vos.io.numbering import missing_numbers, natural_key
from vos.types import Frame, Image

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_ORIENTATION_TAG = 0x0112
_SIDEWAYS = (5, 6, 7, 8)


class ImageClip:
    """JPEG, PNG and WebP images in natural order (img2 before img10); photographs upright by their EXIF tag.

    Frames are counted by position, whatever the names' numbers are; `info.missing` tells what those leave out.
    """

    def __init__(self, path: Path, frames: FrameRange | None = None) -> None:
        """Raises InputError for a folder without images, images of several sizes or with one stem, unreadable
        images, and a range outside the clip."""
        self._files = find_images([path])
        width, height = _common_size(self._files)
        with PIL.Image.open(self._files[0]) as first:
            codec, pixel_format = str(first.format).lower(), first.mode
        self.frames = select_frames(path, len(self._files), frames)
        self.info = ClipInfo(
            path=path,
            kind="images",
            width=width,
            height=height,
            frame_count=len(self._files),
            codec=codec,
            pixel_format=pixel_format,
            reader="images",
            missing=missing_numbers(self.stems()),
        )

    def stems(self) -> Sequence[str]:
        return [self._files[index].stem for index in self.frames]

    def __iter__(self) -> Iterator[Frame]:
        for index in self.frames:
            file = self._files[index]
            yield Frame(index=index, image=read_image(file), stem=file.stem)


def is_image_file(path: Path) -> bool:
    """Whether the name ends like an image that this package reads."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def find_images(paths: Sequence[Path]) -> list[Path]:
    """Image files, given as such or by their folder, in the order given and a folder's in natural order.

    Raises InputError for what is not there, a folder without images, and two images with one stem, which would
    share the files written for them. Opens none.
    """
    files: dict[str, Path] = {}
    for path in paths:
        for file in _image_files(path):
            other = files.setdefault(file.stem, file)
            if other is not file:
                if other == file:
                    raise InputError(f"{file}: is given twice; leave one out")
                raise InputError(f"{other} and {file} would share the mask {file.stem}.png; rename one")
    return list(files.values())


def _image_files(path: Path) -> list[Path]:
    """The images of a folder, or the one file."""
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if not path.is_dir():
        return [path]
    found = [file for file in path.iterdir() if is_image_file(file) and not file.name.startswith(".")]
    if not found:
        raise InputError(f"{path}: the folder holds no images ({', '.join(IMAGE_SUFFIXES)})")
    return sorted(found, key=lambda file: natural_key(file.name))


def _common_size(files: Sequence[Path]) -> tuple[int, int]:
    expected = _upright_size(files[0])
    for file in files[1:]:
        size = _upright_size(file)
        if size != expected:
            raise InputError(
                f"{file}: is {size[0]}x{size[1]} pixels, but {files[0].name} is {expected[0]}x{expected[1]}; "
                "all images of a clip must have one size"
            )
    return expected


def _upright_size(file: Path) -> tuple[int, int]:
    """Width and height, from the header alone."""
    if not file.exists():
        raise InputError(f"{file}: no such file")
    try:
        with PIL.Image.open(file) as picture:
            width, height = picture.size
            sideways = _may_be_turned(picture) and picture.getexif().get(_ORIENTATION_TAG) in _SIDEWAYS
    except (OSError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise InputError(
            f"{file}: cannot be read as an image; JPEG, PNG or WebP is needed, and a video must not be called like one"
        ) from error
    return (height, width) if sideways else (width, height)


def _may_be_turned(picture: PIL.Image.Image) -> bool:
    """Cameras write JPEG; and a PNG's tag may lie behind its pixels, so that reading it decodes them all."""
    return picture.format in ("JPEG", "MPO", "WEBP")


def open_image(file: Path) -> Image:
    """`read_image` of a file that work has not begun with: raises InputError where it cannot be read."""
    _upright_size(file)
    try:
        return read_image(file)
    except WorkError as error:
        raise InputError(str(error)) from error


def read_image(file: Path) -> Image:
    """(H, W, 3) uint8 RGB, upright. Raises WorkError naming the file when it cannot be decoded."""
    try:
        with PIL.Image.open(file) as picture:
            upright = ImageOps.exif_transpose(picture) if _may_be_turned(picture) else picture
            if upright.mode.startswith("I"):  # 16 bits a pixel; Pillow would clip them to 8
                grey = (np.asarray(upright).astype(np.uint32) >> 8).astype(np.uint8)
                return np.repeat(grey[..., None], 3, axis=2)
            return np.array(upright.convert("RGB"))
    except (OSError, SyntaxError) as error:
        raise WorkError(f"{file}: cannot be decoded ({error})") from error
