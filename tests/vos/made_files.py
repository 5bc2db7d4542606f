"""Small clips in files, made with PyAV and Pillow: flat pictures whose shade tells their number."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image

from vos.types import Image

MILLISECOND = Fraction(1, 1000)
VARIABLE_TIMES = [0, 40, 100, 300, 310, 600, 1000, 1033, 1100, 1200]
"""Milliseconds between 10 and 400 apart."""


def numbered(count: int, width: int = 64, height: int = 48) -> list[Image]:
    """Grey pictures, 20 levels apart."""
    return [np.full((height, width, 3), 20 * (1 + index), np.uint8) for index in range(count)]


def number_of(image: Image) -> int:
    """Which of the `numbered` pictures this is, coding noise aside."""
    return round(float(image.mean()) / 20) - 1


def quadrants(width: int = 64, height: int = 48) -> Image:
    """Red top left, green top right, blue bottom left, white bottom right."""
    image = np.zeros((height, width, 3), np.uint8)
    y, x = height // 2, width // 2
    image[:y, :x], image[:y, x:], image[y:, :x], image[y:, x:] = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255,) * 3
    return image


def corners(image: Image) -> str:
    """The colours of the four quarters by their initials: top left, top right, bottom left, bottom right."""
    height, width = image.shape[:2]
    names = {(1, 0, 0): "R", (0, 1, 0): "G", (0, 0, 1): "B", (1, 1, 1): "W"}
    places = [(y * height // 4, x * width // 4) for y in (1, 3) for x in (1, 3)]
    return "".join(names[tuple((image[place] > 127).astype(int).tolist())] for place in places)


def write_video(
    path: Path,
    images: Sequence[Image],
    times: Sequence[int] | None = None,
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    turn: tuple[float, bool] | None = None,
    **options: str,
) -> Path:
    """A video of these pictures at these milliseconds, 40 apart by default.

    turn: display rotation, degrees counter-clockwise, and whether it is mirrored first.
    """
    height, width = images[0].shape[:2]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        stream.codec_context.time_base = MILLISECOND
        if turn is not None:
            stream.set_display_rotation(turn[0], hflip=turn[1])
        for image, time in zip(images, times or [40 * index for index in range(len(images))], strict=True):
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = time, MILLISECOND
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def read_times(path: Path) -> list[float]:
    """Seconds at which a movie's pictures are shown."""
    with av.open(str(path)) as container:
        return [picture.time for picture in container.decode(video=0)]


def shown(movie: Path) -> list[tuple[float, bytes]]:
    """Seconds and pixels of a movie's pictures. x264 need not code equal pictures in equal bytes: one of some
    hundred encodings of one film is a byte or three longer, and decodes to the same pixels."""
    with av.open(str(movie)) as container:
        return [(picture.time, picture.to_ndarray().tobytes()) for picture in container.decode(video=0)]


def write_images(folder: Path, names: Sequence[str], images: Sequence[Image]) -> Path:
    """Image files of these names; lossless where the format can be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, image in zip(names, images, strict=True):
        PIL.Image.fromarray(image).save(folder / name, lossless=True, quality=100)
    return folder
