"""What a video file holds, found out before it is decoded: its stream, its pictures' number and times."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
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
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vos.errors import InputError
from vos.io.colour import Colour
from vos.io.declared_size import missing_bytes
from vos.io.orientation import Orientation, orientation_of
from vos.io.pace import declared_end, lost_end, nominal, rate_of
from vos.io.packets import PicturePackets, read_packets

Threads = Literal["AUTO", "NONE"]
_TEXT_CODECS = ("ansi", "bintext", "idf", "xbin")
"""FFmpeg takes any text file for a film of a terminal."""
TAG_ERRORS = "replace"
"""What to do with bytes in a container's tags that are not UTF-8: titles in other codes, or damage."""


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
    gaps: tuple[int, ...] = ()
    """Numbers of the pictures before which others are lost, by their times."""
    lost_end: str = ""
    """Why pictures are lost behind the last; "" where none are, as far as the file tells."""

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
        declared = declared_end(container, stream)
        average_rate, rates = stream.average_rate, (stream.average_rate, stream.base_rate)
        time_base = stream.time_base or Fraction(1, 1000)
        codec = stream.codec_context
        aspect = stream.sample_aspect_ratio or Fraction(1)
    with opened(path) as (container, stream):
        packets = read_packets(container, stream, first)
    rate, variable = rate_of(packets.known_times, time_base)
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
        count=packets.count,
        times=packets.times,
        entries=packets.entry_times,
        count_is_sure=packets.count_is_sure,
        rate=rate if variable else nominal(average_rate, rate),
        variable_rate=variable,
        last_packet=packets.last_packet,
        gaps=(*([0] if packets.starts_late else []), *(packets.lost_before(time_base, rates) or ())),
        lost_end=_cut_off(path, packets) or lost_end(packets.order, packets.last_duration, time_base, declared, rates),
    )


@contextmanager
def opened(
    path: Path, threads: Threads = "AUTO", hwaccel: HWAccel | None = None, options: Mapping[str, str] | None = None
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its stream of pictures. Raises InputError for a file that is no video."""
    if not path.exists():
        raise InputError(f"{path}: no such file")
    try:
        # An absolute path, so that no file name is taken for an address.
        container = av.open(
            str(path.resolve()), mode="r", hwaccel=hwaccel, options=dict(options or {}), metadata_errors=TAG_ERRORS
        )
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


def _cut_off(path: Path, packets: PicturePackets) -> str:
    """Of what the file's headers tell, what is not there, in words; "" where all is."""
    found = len(packets.pts) + packets.passed_over
    if found == packets.announced:
        return ""
    if missing := missing_bytes(path):
        return f"the file is {missing} bytes shorter than it says"
    if packets.indexed and found < packets.announced:
        # Edit lists, by which MP4 leaves pictures out, are no damage.
        with opened(path, options={"ignore_editlist": "1"}) as (container, stream), suppress(av.FFmpegError):
            found = sum(packet.dts is not None for packet in container.demux(stream))
        if found < packets.announced:
            return f"its header tells of {packets.announced} pictures, and {found} are there"
    return packets.broken_off
