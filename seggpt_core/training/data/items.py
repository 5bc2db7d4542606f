"""What a library holds: where the bytes lie, and how an item is decoded.

Images are RGB. Items are small and can be pickled; nothing stays open between reads, so that any
number of worker processes may share a library.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from seggpt_core.errors import InputError
from seggpt_core.training.data.sets import SetSpec

IGNORE = 255
"""Label of pixels that are neither object nor background."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes inside a file: a member of a tar shard, or a file of its own."""

    path: Path
    offset: int
    size: int
    name: str
    """Name for messages."""

    def read(self) -> bytes:
        """The bytes. Raises InputError if the file is shorter than it was when it was indexed."""
        with self.path.open("rb", buffering=0) as file:
            file.seek(self.offset)
            data = file.read(self.size)
        if len(data) != self.size:
            raise InputError(f"{self.name} in {self.path} is cut short: {len(data)} of {self.size} bytes")
        return data


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """An image with a label map of the same size."""

    set_name: str
    name: str
    group: str | None
    image: Blob
    labels: Blob
    spec: SetSpec

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """(H, W, 3) uint8 RGB and (H, W) uint8 labels: 0 background, 255 ignore."""
        image, labels = decode_rgb(self.image), decode_labels(self.labels)
        if image.shape[:2] != labels.shape:
            raise InputError(
                f"{self.labels.name} is {labels.shape[1]}x{labels.shape[0]}, "
                f"but its image is {image.shape[1]}x{image.shape[0]}; they must be equal"
            )
        if self.spec.two_valued and not np.any((labels > 0) & (labels < IGNORE)):
            labels = (labels == IGNORE).astype(np.uint8)
        return image, fill_pinholes(labels, self.spec.pinholes) if self.spec.pinholes else labels


@dataclass(frozen=True, slots=True)
class Cutout:
    """An object with an alpha channel."""

    set_name: str
    name: str
    group: str | None
    image: Blob

    def read(self) -> np.ndarray:
        """(H, W, 4) uint8 RGBA, colours not multiplied by alpha."""
        return decode_rgba(self.image)


@dataclass(frozen=True, slots=True)
class CutoutSequence:
    """Consecutive cut-outs of one animated object, all of one size."""

    set_name: str
    name: str
    frames: tuple[Blob, ...]

    def read(self, number: int) -> np.ndarray:
        """Frame `number`: (H, W, 4) uint8 RGBA, colours not multiplied by alpha."""
        return decode_rgba(self.frames[number])


@dataclass(frozen=True, slots=True)
class Background:
    """An image without labels."""

    set_name: str
    name: str
    image: Blob

    def read(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        return decode_rgb(self.image)


@dataclass(frozen=True, slots=True)
class Clip:
    """Frames of a real clip in order, each with its label map."""

    set_name: str
    name: str
    frames: tuple[LabelledImage, ...]


def count_labels(labels: np.ndarray) -> np.ndarray:
    """(256,) int64: pixels of each label."""
    return cv2.calcHist([labels], [0], None, [256], [0, 256]).ravel().astype(np.int64)


def fill_pinholes(labels: np.ndarray, share: float) -> np.ndarray:
    """Label 1 in the place of background patches smaller than `share` of the image, 4-connected."""
    count, patches, stats, _ = cv2.connectedComponentsWithStats((labels == 0).astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < share * labels.size
    small[0] = False
    return np.where(small[patches], np.uint8(1), labels) if count > 1 and small.any() else labels


def decode_rgb(blob: Blob) -> np.ndarray:
    """(H, W, 3) uint8 RGB. Raises InputError for bytes that are no image."""
    image = cv2.imdecode(np.frombuffer(blob.read(), np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise InputError(f"{blob.name} in {blob.path} is not an image that OpenCV can read")
    return image


def decode_rgba(blob: Blob) -> np.ndarray:
    """(H, W, 4) uint8 RGBA. Raises InputError for an image without an alpha channel."""
    image = cv2.imdecode(np.frombuffer(blob.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 3 or image.shape[2] != 4 or image.dtype != np.uint8:
        raise InputError(f"{blob.name} in {blob.path} is not an 8-bit image with an alpha channel")
    return cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA)


def decode_labels(blob: Blob) -> np.ndarray:
    """(H, W) uint8 labels of a greyscale or palette PNG: palette indices, not colours."""
    try:
        with Image.open(BytesIO(blob.read())) as image:
            if image.mode not in ("L", "P"):
                raise InputError(
                    f"{blob.name} in {blob.path} has mode {image.mode}; label maps are 8-bit, greyscale or palette"
                )
            return np.array(image)
    except UnidentifiedImageError as error:
        raise InputError(f"{blob.name} in {blob.path} is not a PNG label map") from error
