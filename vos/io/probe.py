"""What a video file holds, found out before it is decoded: its stream, its pictures' number and times."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast

import av
import numpy as np
import numpy.typing as npt
from av.buffer import Buffer
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vos.errors import InputError
from vos.io.colour import Colour
from vos.io.declared_size import missing_bytes
from vos.io.orientation import Orientation, orientation_of
from vos.io.seek import can_seek, entry_times, is_entry

Threads = Literal["AUTO", "NONE"]
_TEXT_CODECS = ("ansi", "bintext", "idf", "xbin")
"""FFmpeg takes any text file for a film of a terminal."""
TAG_ERRORS = "replace"
"""What to do with bytes in a container's tags that are not UTF-8: titles in other codes, or damage."""
_NO_DISPLAY_TIMES = ("avi",)
"""Containers whose packets carry decoding times only."""
_NOT_CODED = 8
"""Bytes: in AVI, MPEG-4 encoders that pack B-frames fill their places with packets of hardly more than a start code."""
_RATE_ERROR = Fraction(1, 20)
_JITTER = Fraction(3, 2000)  # containers that count in milliseconds shift a constant rate by up to one


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoFacts:
    """A video file's one stream of pictures. Sizes are those of stored pixels, before any turn."""

    path: Path
    width: int
    height: int
    orientation: Orientation
    colour: Colour
    codec: str
    pixel_format: str
    pixel_aspect: Fraction
    time_base: Fraction
    count: int
    """Pictures that a decoder should give: packets that hold one, less those before the first that can be decoded."""
    times: npt.NDArray[np.int64] | None = field(repr=False)
    """(count,) int64, ascending: when each picture is shown, in `time_base`. None where the container has no
    time for every picture."""
    entries: npt.NDArray[np.int64] = field(repr=False)
    """(n,) int64, ascending: those of `times` from which on all pictures can be decoded without any before. Empty where
    the container has no index of keyframes."""
    count_is_sure: bool
    """Every packet counted gives a picture; not so for pictures of two fields, or where some times are unknown."""
    rate: Fraction | None
    variable_rate: bool
    last_packet: int
    """Number of the picture whose data come last, which is not always the picture that is shown last."""
    missing_bytes: int
    """By which the file is shorter than its headers say, and pictures may be lost."""

    def first_at(self, seconds: Fraction) -> int:
        """Number of the first picture shown `seconds` after the first picture or later."""
        if self.times is None:
            return -int(-seconds * (self.rate or 0) // 1)
        begin = int(self.times[0])
        return int(np.searchsorted(self.times, -int(-seconds / self.time_base // 1) + begin))


def probe(path: Path) -> VideoFacts:
    """Decode the first picture and read every packet's header: headers of files may be missing or wrong.

    Raises InputError for a file that is no video, or whose first picture cannot be decoded.
    """
    with opened(path) as (container, stream):
        first = first_picture(str(path), container, stream)
        orientation = orientation_of_picture(str(path), first)
        timed = container.format.name not in _NO_DISPLAY_TIMES
        average_rate = stream.average_rate
        time_base = stream.time_base or Fraction(1, 1000)
        codec = stream.codec_context
        aspect = stream.sample_aspect_ratio or Fraction(1)
        facts = _Packets(*_read_packets(path), first=first, timed=timed)
    rate, variable = _rate_of(facts.known_times, time_base)
    return VideoFacts(
        path=path,
        width=first.width,
        height=first.height,
        orientation=orientation,
        colour=colour_of(first),
        codec=codec.name,
        pixel_format=codec.pix_fmt or "unknown",
        pixel_aspect=aspect,
        time_base=time_base,
        count=facts.count,
        times=facts.times,
        entries=facts.entry_times,
        count_is_sure=facts.times is not None or (not timed and not first.interlaced_frame),
        rate=rate if variable else _nominal(average_rate, rate),
        variable_rate=variable,
        last_packet=facts.last_packet,
        missing_bytes=0 if facts.count == facts.announced else missing_bytes(path),
    )


@contextmanager
def opened(
    path: Path, threads: Threads = "AUTO", hwaccel: HWAccel | None = None
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its stream of pictures. Raises InputError for a file that is no video."""
    if not path.exists():
        raise InputError(f"{path}: no such file")
    try:
        # An absolute path, so that no file name is taken for an address.
        container = av.open(str(path.resolve()), mode="r", hwaccel=hwaccel, metadata_errors=TAG_ERRORS)
    except (av.FFmpegError, OSError) as error:
        raise InputError(f"{path}: not a video that can be read ({error.strerror})") from error
    with container:
        stream = picture_stream(str(path), container)
        stream.thread_type = threads
        yield container, stream


def picture_stream(name: str, container: InputContainer) -> VideoStream:
    """The first video stream that is neither the cover picture of a sound file nor drawn from text."""
    for stream in container.streams.video:
        is_cover = bool(stream.disposition & stream.disposition.attached_pic)
        if not is_cover and stream.codec_context is not None and stream.codec_context.name not in _TEXT_CODECS:
            return stream
    raise InputError(f"{name}: holds no video stream (format {container.format.name})")


@dataclass(frozen=True, slots=True)
class _Packets:
    """Packets that hold a picture, in the order of the file."""

    pts: list[int | None]
    entries: list[bool]
    """Whether decoding may begin with it."""
    announced: int
    """Pictures that the header tells of; 0 where it does not."""
    first: VideoFrame
    """The first picture that can be decoded: packets shown before it belong to pictures that cannot."""
    timed: bool

    @property
    def known_times(self) -> npt.NDArray[np.int64]:
        return np.unique(np.array([pts for pts in self.pts if pts is not None], np.int64))

    @property
    def times(self) -> npt.NDArray[np.int64] | None:
        times, first = self.known_times, self.first.pts
        in_fields = self.first.interlaced_frame  # one picture may come in two packets
        if not self.timed or in_fields or len(times) != len(self.pts) or first is None or first not in times:
            return None
        return times[times >= first]

    @property
    def entry_times(self) -> npt.NDArray[np.int64]:
        times = self.times
        if times is None:
            return np.empty(0, np.int64)
        found = entry_times([pts for pts in self.pts if pts is not None], self.entries)
        return found[found >= times[0]]

    @property
    def last_packet(self) -> int:
        return self.count - 1 if self.times is None else int(np.searchsorted(self.times, self.pts[-1] or 0))

    @property
    def count(self) -> int:
        return len(self.pts) if self.times is None else len(self.times)


def first_picture(name: str, container: InputContainer, stream: VideoStream) -> VideoFrame:
    """The first picture that can be decoded. Raises InputError where there is none."""
    try:
        picture = next(container.decode(stream), None)
    except av.FFmpegError as error:
        raise InputError(f"{name}: its first frame cannot be decoded ({error.strerror})") from error
    if picture is None:
        raise InputError(f"{name}: the video holds no frames")
    return picture


def orientation_of_picture(name: str, picture: VideoFrame) -> Orientation:
    """How the picture is to be turned. Raises InputError for a slanted display matrix."""
    matrix = picture.side_data.get("DISPLAYMATRIX")
    try:
        return orientation_of(None if matrix is None else bytes(cast(Buffer, matrix)))
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def colour_of(picture: VideoFrame) -> Colour:
    """The picture's colour tags."""
    return Colour(
        matrix=picture.colorspace,
        primaries=picture.color_primaries,
        transfer=picture.color_trc,
        range=picture.color_range,
    )


def _read_packets(path: Path) -> tuple[list[int | None], list[bool], int]:
    """Of packets that hold a picture: times, and whether they are entries; how many pictures the header tells of."""
    times: list[int | None] = []
    entries: list[bool] = []
    passed_over = 0
    with opened(path) as (container, stream):
        codec = stream.codec_context.name
        indexed = can_seek(container)
        try:
            for packet in container.demux(stream):
                if _holds_picture(packet, codec):
                    times.append(packet.pts)
                    entries.append(indexed and is_entry(packet, stream))
                elif packet.size:
                    passed_over += 1
        except av.FFmpegError:
            pass  # a damaged end: decoding will say where
        return times, entries, max(0, stream.frames - passed_over)


def _holds_picture(packet: "Packet[VideoStream]", codec: str) -> bool:
    if packet.size == 0 or packet.is_discard:
        return False
    if codec == "mpeg4":
        return packet.size > _NOT_CODED
    return codec != "vp8" or bool(bytes(packet)[0] & 0x10)  # RFC 6386, 9.1: show_frame


def _nominal(announced: Fraction | None, measured: Fraction | None) -> Fraction | None:
    """The rate that the header tells, which is exact, unless it is wrong."""
    if announced and measured and abs(announced / measured - 1) > _RATE_ERROR:
        return measured
    return announced or measured


def _rate_of(times: npt.NDArray[np.int64], time_base: Fraction) -> tuple[Fraction | None, bool]:
    """Average pictures a second, and whether their distances vary."""
    if len(times) < 2:
        return None, False
    steps = np.diff(times)
    tolerance = max(1, int(_JITTER / time_base))
    variable = bool((np.abs(steps - int(np.median(steps))) > tolerance).any())
    return Fraction(len(steps)) / (int(times[-1] - times[0]) * time_base), variable
