"""Clips in video files, decoded by PyAV."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.buffer import Buffer
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

from vos.errors import InputError, WorkError
from vos.io.clip import ClipInfo, frame_stem, select_frames
from vos.io.orientation import Orientation, orientation_of
from vos.types import Frame, Image

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_TEXT_CODECS = ("ansi", "bintext", "idf", "xbin")
"""FFmpeg takes any text file for a film of a terminal."""
_HD_SIDE = 720
_JITTER = Fraction(3, 2000)  # containers that count in milliseconds shift a constant rate by up to one


class VideoClip:
    """A video file's pictures, upright, RGB, each with its own time."""

    def __init__(self, path: Path, frames: tuple[int, int] | None = None) -> None:
        """Raises InputError for a file that is no video, or that has no picture, or a range outside it."""
        self._path = path
        with _opened(path) as (container, stream):
            self._orientation = _first_orientation(path, container, stream)
        timing = _scan(path)
        self.info = self._describe(timing)
        self.frames = select_frames(path, timing.count, frames)

    def stems(self) -> Sequence[str]:
        return [frame_stem(index) for index in self.frames]

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        try:
            with _opened(self._path) as (container, stream):
                clock = _Clock(step=self._nominal_step(stream))
                for picture in container.decode(stream):
                    pts = clock.time_of(picture)
                    if index in self.frames:
                        yield self._frame(index, picture, pts)
                    index += 1
                    if index == self.frames.stop:
                        return
        except av.FFmpegError as error:
            raise WorkError(f"{self._path}: frame {index} cannot be decoded ({error.strerror})") from error
        if self.frames.stop < self.info.frame_count or index <= self.frames.start:
            raise WorkError(f"{self._path}: the clip ended after {index} frames, before {self.frames.stop}")

    def _frame(self, index: int, picture: VideoFrame, pts: int) -> Frame:
        image = self._orientation.apply(rgb_of(picture))
        height, width = image.shape[:2]
        if (width, height) != (self.info.width, self.info.height):
            raise WorkError(
                f"{self._path}: frame {index} is {width}x{height} pixels, the first was "
                f"{self.info.width}x{self.info.height}; a clip has one size"
            )
        return Frame(index=index, image=image, stem=frame_stem(index), pts=pts, time_base=picture.time_base)

    def _describe(self, timing: "_Timing") -> ClipInfo:
        with _opened(self._path) as (_, stream):
            width, height = stream.codec_context.width, stream.codec_context.height
            aspect = stream.sample_aspect_ratio or Fraction(1)
            if self._orientation.transpose:
                width, height, aspect = height, width, 1 / aspect
            return ClipInfo(
                path=self._path,
                kind="video",
                width=width,
                height=height,
                frame_count=timing.count,
                codec=stream.codec_context.name,
                pixel_format=stream.codec_context.pix_fmt or "unknown",
                rate=timing.rate if timing.variable else stream.average_rate or timing.rate,
                variable_rate=timing.variable,
                rotation=self._orientation.rotation,
                mirrored=self._orientation.mirrored,
                pixel_aspect=aspect,
            )

    def _nominal_step(self, stream: VideoStream) -> int:
        rate = self.info.rate or Fraction(25)
        return max(1, round(1 / (rate * (stream.time_base or Fraction(1, 1000)))))


def rgb_of(picture: VideoFrame) -> Image:
    """(H, W, 3) uint8 RGB as stored. HD without a colour tag is read as BT.709, as players do; FFmpeg's own
    default is BT.601 at every size."""
    untagged_hd = picture.colorspace == _UNSPECIFIED and min(picture.width, picture.height) >= _HD_SIDE
    colorspace = Colorspace.ITU709 if untagged_hd else None
    # One thread: FFmpeg's sliced conversion is slower at these sizes and has raced at widths such as 854.
    rgb = picture.to_ndarray(format="rgb24", src_colorspace=colorspace, threads=1)
    return np.asarray(rgb, np.uint8)


@dataclass
class _Clock:
    """Strictly rising times, also where a container gives none or gives them out of order (AVI with B-frames)."""

    step: int
    last: int | None = None

    def time_of(self, picture: VideoFrame) -> int:
        for candidate in (picture.pts, picture.dts):
            if candidate is not None and (self.last is None or candidate > self.last):
                self.last = candidate
                return candidate
        self.last = 0 if self.last is None else self.last + self.step
        return self.last


@dataclass(frozen=True, kw_only=True, slots=True)
class _Timing:
    count: int
    rate: Fraction | None
    variable: bool


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    if not path.exists():
        raise InputError(f"{path}: no such file")
    try:
        # An absolute path, so that no file name is taken for an address.
        container = av.open(str(path.resolve()), mode="r")
    except (av.FFmpegError, OSError) as error:
        raise InputError(f"{path}: not a video that can be read ({error.strerror})") from error
    with container:
        stream = _picture_stream(path, container)
        stream.thread_type = "AUTO"
        yield container, stream


def _picture_stream(path: Path, container: InputContainer) -> VideoStream:
    """The first video stream that is neither the cover picture of a sound file nor drawn from text."""
    for stream in container.streams.video:
        is_cover = bool(stream.disposition & stream.disposition.attached_pic)
        if not is_cover and stream.codec_context is not None and stream.codec_context.name not in _TEXT_CODECS:
            return stream
    raise InputError(f"{path}: holds no video stream (format {container.format.name})")


def _first_orientation(path: Path, container: InputContainer, stream: VideoStream) -> Orientation:
    try:
        picture = next(container.decode(stream), None)
    except av.FFmpegError as error:
        raise InputError(f"{path}: its first frame cannot be decoded ({error.strerror})") from error
    if picture is None:
        raise InputError(f"{path}: the video holds no frames")
    matrix = picture.side_data.get("DISPLAYMATRIX")
    try:
        return orientation_of(None if matrix is None else bytes(cast(Buffer, matrix)))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _scan(path: Path) -> _Timing:
    """Count pictures by reading packets: headers are missing in some containers and wrong in others."""
    times: list[int] = []
    count = 0
    with _opened(path) as (container, stream):
        codec, time_base = stream.codec_context.name, stream.time_base or Fraction(1, 1000)
        try:
            for packet in container.demux(stream):
                if _holds_picture(packet, codec):
                    count += 1
                    if packet.pts is not None:
                        times.append(packet.pts)
        except av.FFmpegError:
            pass  # a damaged end: decoding will say where
    return _timing(count, np.unique(np.array(times, np.int64)), time_base)


def _holds_picture(packet: "Packet[VideoStream]", codec: str) -> bool:
    if packet.size == 0 or packet.is_discard:
        return False
    return codec != "vp8" or bool(bytes(packet)[0] & 0x10)  # RFC 6386, 9.1: show_frame


def _timing(count: int, times: np.ndarray, time_base: Fraction) -> _Timing:
    if len(times) < 2:
        return _Timing(count=count, rate=None, variable=False)
    steps = np.diff(times)
    tolerance = max(1, int(_JITTER / time_base))
    variable = bool((np.abs(steps - int(np.median(steps))) > tolerance).any())
    rate = Fraction(len(steps)) / (int(times[-1] - times[0]) * time_base)
    return _Timing(count=count, rate=rate, variable=variable)
