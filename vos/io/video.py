"""Clips in video files, decoded by PyAV."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

from vos.errors import TruncatedError, WorkError
from vos.io.clip import ClipInfo, frame_stem
from vos.io.colour import BT709, assumed_matrix
from vos.io.frame_range import FrameRange, select_frames
from vos.io.orientation import Orientation
from vos.io.probe import Threads, VideoFacts, opened
from vos.io.seek import packets_from, sound_pictures
from vos.types import Frame, Image


class VideoClip:
    """A video file's pictures, upright, RGB, each with its own time."""

    def __init__(self, facts: VideoFacts, frames: FrameRange | None = None) -> None:
        """Raises InputError for a range outside the clip."""
        self._path, self._facts = facts.path, facts
        self.info = describe_video(facts)
        self.frames = select_frames(facts.path, facts.count, frames, facts.first_at)

    def stems(self) -> Sequence[str]:
        return [frame_stem(index) for index in self.frames]

    def __iter__(self) -> Iterator[Frame]:
        clock = Clock(step=self._nominal_step())
        for index, picture in _pictures(self._facts, self.frames):
            pts = clock.time_of(picture)
            if index in self.frames:
                frame = self._frame(index, picture, pts)
                if frame.damaged and index == self._facts.last_packet:
                    raise truncated(self._path, index, "its data are incomplete")
                yield frame
        if self.frames.stop == self._facts.count and self._facts.lost_end:
            raise truncated(self._path, self.frames.stop, self._facts.lost_end)

    def _frame(self, index: int, picture: VideoFrame, pts: int) -> Frame:
        return frame_of(str(self._path), self.info, self._facts.orientation, index, picture, pts)

    def _nominal_step(self) -> int:
        return max(1, round(1 / ((self.info.rate or Fraction(25)) * self._facts.time_base)))


def describe_video(facts: VideoFacts) -> ClipInfo:
    """What a clip's readers and writers need to know, with sizes of upright pixels."""
    width, height, aspect = facts.width, facts.height, facts.pixel_aspect
    if facts.orientation.transpose:
        width, height, aspect = height, width, 1 / aspect
    return ClipInfo(
        path=facts.path,
        kind="video",
        width=width,
        height=height,
        frame_count=facts.count,
        codec=facts.codec,
        pixel_format=facts.pixel_format,
        colour=facts.colour,
        rate=facts.rate,
        variable_rate=facts.variable_rate,
        rotation=facts.orientation.rotation,
        mirrored=facts.orientation.mirrored,
        pixel_aspect=aspect,
        gaps=facts.gaps,
    )


def frame_of(name: str, info: ClipInfo, orientation: Orientation, index: int, picture: VideoFrame, pts: int) -> Frame:
    """A decoded picture as a frame of the clip. Raises WorkError for one of another size than the clip's."""
    image = orientation.apply(rgb_of(picture))
    height, width = image.shape[:2]
    if (width, height) != (info.width, info.height):
        raise WorkError(
            f"{name}: frame {index} is {width}x{height} pixels, the first was {info.width}x{info.height}; "
            "a clip has one size"
        )
    return Frame(
        index=index,
        image=image,
        stem=frame_stem(index),
        pts=pts,
        time_base=picture.time_base,
        damaged=picture.is_corrupt,
    )


def truncated(path: Path | str, index: int, reason: str) -> TruncatedError:
    """The error that a reader raises where a clip breaks off."""
    return TruncatedError(f"{path}: the clip breaks off at frame {index} ({reason})", index)


def rgb_of(picture: VideoFrame) -> Image:
    """(H, W, 3) uint8 RGB as stored, by the picture's own matrix and range, see `assumed_matrix` for one without."""
    matrix = assumed_matrix(picture.colorspace, picture.width, picture.height)
    colorspace = Colorspace.ITU709 if matrix == BT709 else None  # None: as tagged, or else BT.601
    # One thread: FFmpeg's sliced conversion is slower at these sizes and has raced at widths such as 854.
    rgb = picture.to_ndarray(format="rgb24", src_colorspace=colorspace, threads=1)
    return np.asarray(rgb, np.uint8)


def _pictures(facts: VideoFacts, frames: range) -> Iterator[tuple[int, VideoFrame]]:
    """The pictures of `frames`, and maybe some before them, with their numbers.

    Raises TruncatedError at the first that is lost; also for one before `frames`, where decoding began before it.
    """
    index, reason = (yield from _sought(facts, frames)), ""
    if index == frames.stop:
        return
    for threads in _TRIES if facts.times is not None else _TRIES[:1]:
        index, reason = yield from _decoded(facts, threads, index, frames.stop)
        if index == frames.stop:
            return
    if reason != _END or facts.count_is_sure or frames.stop < facts.count or index <= frames.start:
        raise truncated(facts.path, index, reason)


_TRIES: tuple[Threads, ...] = ("AUTO", "NONE")
"""A decoder that runs in threads loses sound pictures beside a damaged one; without threads it gives them."""
_END = "the data end before it"


def _sought(facts: VideoFacts, frames: range) -> Generator[tuple[int, VideoFrame], None, int]:
    """The pictures of `frames`, decoded from an entry close before them, as far as there is no doubt of any.

    Returns the number of the first that did not come; 0 if none came. Damage is left to those who decode from the
    start: what a decoder makes up for a lost picture depends on what it saw before.
    """
    times, entries = facts.times, facts.entries
    if times is None or not len(entries := entries[(entries > times[0]) & (entries <= times[frames.start])]):
        return 0
    index = 0
    with suppress(av.FFmpegError), opened(facts.path) as (container, stream):
        begin, packets = packets_from(container, stream, entries.tolist())
        index = int(np.searchsorted(times, begin))
        for picture in sound_pictures(packets, times[index:]):
            if index >= frames.start:
                yield index, picture
            index += 1
            if index == frames.stop:
                break
    return index if index > frames.start else 0


def _decoded(
    facts: VideoFacts, threads: Threads, begin: int, stop: int
) -> Generator[tuple[int, VideoFrame], None, tuple[int, str]]:
    """Pictures begin:stop. Returns the number of the first that is lost, and why, or `stop`."""
    index = 0
    try:
        with opened(facts.path, threads) as (container, stream):
            for picture in _all_pictures(container, stream, facts.times is not None):
                if facts.times is not None and picture.pts is not None and picture.pts > facts.times[index]:
                    return index, "the decoder passes it over"
                if index >= begin:
                    yield index, picture
                index += 1
                if index == stop:
                    break
    except av.FFmpegError as error:
        return index, f"it cannot be decoded: {error.strerror}"
    return index, _END


def _all_pictures(container: InputContainer, stream: VideoStream, flush: bool) -> Iterator[VideoFrame]:
    """Pictures in the order in which they are shown, after an error those too that the decoder still holds."""
    try:
        yield from container.decode(stream)
    except av.FFmpegError:
        if flush:
            with suppress(av.FFmpegError):  # the first error is the one to tell of
                yield from stream.codec_context.decode(None)
        raise


@dataclass
class Clock:
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
