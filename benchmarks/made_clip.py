"""The clip that is timed: six textured discs moving over a textured, drifting ground, the same on every machine."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from vos.types import Image, LabelMap

OBJECTS = 6
_COLUMNS, _ROWS = 3, 2
_RATE = Fraction(24)
_COLOURS = np.array([[200, 60, 50], [60, 170, 70], [60, 90, 210], [210, 180, 60], [170, 70, 190], [70, 190, 200]])


def label_map(index: int, size: tuple[int, int], objects: int = OBJECTS) -> LabelMap:
    """(H, W) uint8 ids 1..`objects` of frame `index`; each disc circles inside its own sixth of the picture."""
    ids = np.zeros(size, dtype=np.uint8)
    for number, (x, y, radius) in enumerate(_discs(index, size)[:objects], start=1):
        cv2.circle(ids, (x, y), radius, number, -1)
    return ids


def frames(count: int, size: tuple[int, int]) -> Iterator[Image]:
    """(H, W, 3) uint8 RGB pictures whose objects are those of `label_map`."""
    height, width = size
    ground = _texture(np.random.default_rng(0), (height, width + count), cell=9)
    skins = [_texture(np.random.default_rng(number), size, cell=5) for number in range(1, OBJECTS + 1)]
    for index in range(count):
        picture = np.repeat(60 + 0.5 * ground[:, index : index + width, None], 3, axis=2)
        ids = label_map(index, size)
        for number, (x, y, _) in enumerate(_discs(index, size), start=1):
            skin = np.roll(skins[number - 1], (y, x), axis=(0, 1))
            inside = ids == number
            picture[inside] = _COLOURS[number - 1] * (0.6 + 0.4 * skin[inside, None] / 255)
        yield picture.astype(np.uint8)


def write_clip(path: Path, count: int, size: tuple[int, int]) -> None:
    """Encode the clip as H.264 at 24 frames a second; both sides of `size` must be even."""
    with av.open(str(path), "w") as container:
        stream = _add_stream(container, size, "veryfast")
        for packet in _encoded(stream, frames(count, size)):
            container.mux(packet)


def write_repeated_clip(path: Path, count: int, size: tuple[int, int], distinct: int = 48) -> None:
    """`count` frames, the clip's first `distinct` over and over, encoded once: for lengths that take long to encode.

    Each repetition begins with a keyframe.
    """
    with av.open(str(path), "w") as container:
        stream = _add_stream(container, size, "ultrafast")  # without B-frames: packets lie as they are shown
        packets = list(_encoded(stream, frames(min(distinct, count), size)))
        for index in range(count):
            packet = packets[index % len(packets)]
            packet.time_base = 1 / _RATE
            packet.pts = packet.dts = index
            packet.duration = 1
            container.mux(packet)


def _add_stream(container: OutputContainer, size: tuple[int, int], preset: str) -> VideoStream:
    stream = container.add_stream("libx264", rate=_RATE, options={"crf": "18", "preset": preset})
    stream.height, stream.width, stream.pix_fmt = size[0], size[1], "yuv420p"
    return stream


def _encoded(stream: VideoStream, pictures: Iterator[Image]) -> Iterator["Packet[VideoStream]"]:
    for picture in pictures:
        yield from stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24"))
    yield from stream.encode()


def _discs(index: int, size: tuple[int, int]) -> list[tuple[int, int, int]]:
    """Centre x, y and radius of each disc in pixels."""
    cell_height, cell_width = size[0] / _ROWS, size[1] / _COLUMNS
    radius = min(cell_height, cell_width) / 5
    discs = []
    for number in range(OBJECTS):
        row, column = divmod(number, _COLUMNS)
        angle = 2 * np.pi * (index / (70 + 10 * number) + number / OBJECTS)
        x = (column + 0.5) * cell_width + 0.25 * cell_width * np.cos(angle)
        y = (row + 0.5) * cell_height + 0.25 * cell_height * np.sin(angle)
        discs.append((round(x), round(y), round(radius)))
    return discs


def _texture(rng: np.random.Generator, shape: tuple[int, int], cell: int) -> npt.NDArray[np.float32]:
    """Smooth noise in 0..255 whose blobs are about `cell` pixels wide."""
    coarse = rng.random((shape[0] // cell + 2, shape[1] // cell + 2), dtype=np.float32)
    smooth = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(255 * smooth, 0, 255), dtype=np.float32)
