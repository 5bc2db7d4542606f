"""Clips that are read as they come: a pipe, a capture device, a stream on the network. No seeking, no known end."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer

from vos.errors import InputError, WorkError
from vos.io.clip import ClipInfo
from vos.io.frame_range import FrameRange, describe_range
from vos.io.pace import declared_end, lost_end
from vos.io.probe import TAG_ERRORS, VideoFacts, colour_of, first_picture, orientation_of_picture, picture_stream
from vos.io.video import Clock, describe_video, frame_of, truncated
from vos.types import Frame

STANDARD_INPUT = "-"
ENDLESS = sys.maxsize
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DEVICES = ("v4l2", "video4linux2", "avfoundation", "dshow", "gdigrab", "x11grab", "lavfi")
"""FFmpeg's capture formats, given as FORMAT:NAME."""
_PATIENCE_S = 30.0
"""How long the network may be silent."""


def is_live(name: str) -> bool:
    """Whether `name` is `-`, a URL, FORMAT:NAME of a capture device, a device's file, or a named pipe."""
    path = Path(name)
    named = name == STANDARD_INPUT or _URL.match(name) or (name.partition(":")[0] in _DEVICES and ":" in name)
    return bool(named) or path.is_fifo() or path.is_char_device()


def live_name(clip: Path) -> str:
    """The name of what is read as it comes, or "" for another clip. A path keeps one slash of a URL's two."""
    name = re.sub(r"^([a-zA-Z][a-zA-Z0-9+.-]+):/(?!/)", r"\1://", str(clip))
    return name if is_live(name) else ""


class LiveClip:
    """Pictures in the order in which they come, upright, RGB. It can be gone through once."""

    def __init__(self, name: str, frames: FrameRange | None = None) -> None:
        """Waits for the first picture. Raises InputError where there is none, and for a range in seconds."""
        start, stop = frames or (None, None)
        if isinstance(start, Fraction) or isinstance(stop, Fraction):
            raise InputError(f"{name}: is read as it comes; give frame numbers, not {describe_range(frames or (0, 0))}")
        self._name, self._is_used = name, False
        self._container = _open(name)
        try:
            self._stream = picture_stream(name, self._container)
            self._first = _first_picture(name, self._container, self._stream)
            self._orientation = orientation_of_picture(name, self._first)
            self._time_base = self._stream.time_base or Fraction(1, 1000)
            self._declared_end = declared_end(self._container, self._stream)
        except InputError:
            self._container.close()
            raise
        self.info = self._describe()
        self.frames = range(start or 0, ENDLESS if stop is None else stop)

    def stems(self) -> Sequence[str]:
        """None are known before they are read."""
        return []

    def __iter__(self) -> Iterator[Frame]:
        if self._is_used:
            raise WorkError(f"{self._name}: is read as it comes, once")
        self._is_used = True
        rate = self.info.rate or Fraction(25)
        clock = Clock(step=max(1, round(1 / (rate * self._time_base))))
        index, lost = 0, ""
        times: list[int] = []
        try:
            for picture in self._pictures():
                pts = clock.time_of(picture)
                if self._declared_end is not None:  # it has an end, so that its times do not fill the memory
                    times.append(pts)
                if index in self.frames:
                    yield frame_of(self._name, self.info, self._orientation, index, picture, pts)
                index += 1
                if index == self.frames.stop:
                    break
            else:
                lost = self._lost_end(times, picture.duration or 0)
        except av.FFmpegError as error:
            raise truncated(self._name, index, f"it cannot be read: {error.strerror}") from error
        finally:
            self._container.close()
        if index <= self.frames.start or self.frames.stop not in (ENDLESS, index):
            raise truncated(self._name, index, "it ends before the range does")
        if lost:
            raise truncated(self._name, index, lost)

    def _lost_end(self, times: list[int], duration: int) -> str:
        rates = self._stream.average_rate, self._stream.base_rate
        return lost_end(np.array(times, np.int64), duration, self._time_base, self._declared_end, rates)

    def _pictures(self) -> Iterator[av.VideoFrame]:
        yield self._first
        with suppress(av.EOFError):  # the first picture was the last
            yield from self._container.decode(self._stream)

    def _describe(self) -> ClipInfo:
        context, rate = self._stream.codec_context, self._stream.average_rate
        facts = VideoFacts(
            path=Path(self._name),
            width=self._first.width,
            height=self._first.height,
            orientation=self._orientation,
            colour=colour_of(self._first),
            codec=context.name,
            pixel_format=context.pix_fmt or "unknown",
            pixel_aspect=self._stream.sample_aspect_ratio or Fraction(1),
            time_base=self._time_base,
            count=0,
            times=None,
            entries=np.empty(0, np.int64),
            count_is_sure=False,
            rate=rate,
            variable_rate=True,
            last_packet=-1,
        )
        return replace(describe_video(facts), live=True)


def _first_picture(name: str, container: InputContainer, stream: av.VideoStream) -> av.VideoFrame:
    """`first_picture`, with the likely reason where it cannot be decoded."""
    is_piped = name == STANDARD_INPUT or Path(name).is_fifo()
    try:
        return first_picture(name, container, stream)
    except InputError as error:
        if not is_piped or "mp4" not in container.format.name.split(","):
            raise
        raise InputError(
            f"{error}; an MP4 often has its index at its end: pipe Matroska or a fragmented MP4, or name the "
            "file instead"
        ) from error


def _open(name: str) -> InputContainer:
    form, _, device = name.partition(":")
    try:
        if name == STANDARD_INPUT:
            return av.open(sys.stdin.buffer, mode="r", metadata_errors=TAG_ERRORS)
        if form in _DEVICES and device:
            return av.open(device, mode="r", format=form, metadata_errors=TAG_ERRORS)
        if Path(name).is_char_device():
            return av.open(name, mode="r", format="v4l2", metadata_errors=TAG_ERRORS)
        return av.open(name, mode="r", timeout=_PATIENCE_S, metadata_errors=TAG_ERRORS)
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{name}: not a video that can be read ({reason})") from error
