"""Movies: one picture a frame, at the source's times, in the source's colours."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import numpy.typing as npt
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from vos.errors import cannot_write
from vos.io.atomic import temporary_name
from vos.io.audio import AudioCopy
from vos.io.clip import ClipInfo
from vos.io.colour import BT709, BT2020, RGB, SMPTE170M, UNSPECIFIED, Colour, assumed_matrix
from vos.types import Frame

IMAGE_FOLDER_RATE = 24
"""Pictures a second where the source has no times."""

Pixels = npt.NDArray[np.uint8]
"""(H, W, 3) uint8 RGB, or (H, W, 4) with straight or premultiplied alpha."""

_MAX_TIMESCALE = 1_000_000
_COLOUR_SPACES = {
    BT709: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    SMPTE170M: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    BT2020: Colorspace.BT2020,
}
"""Matrices that FFmpeg converts to; H.273 calls one matrix of BT.601 5, the same for other primaries 6."""
_TRANSFERS = {BT709: BT709, BT2020: 14}  # 14: BT.2020 for 10 bits


@dataclass(frozen=True, kw_only=True, slots=True)
class MovieFormat:
    """A container and what is in it."""

    container: str
    """FFmpeg's name."""
    codec: str
    pixel_format: str
    options: Mapping[str, str] = field(default_factory=dict)
    container_options: Mapping[str, str] = field(default_factory=dict)
    rgb: bool = False
    """Colours are stored as they are: no matrix, full range."""


class Movie:
    """A movie file. Every picture is shown at its frame's own time, also where the rate varies or a range starts late.

    Colour tags are the source's: matrix (where it has none the one that was assumed in reading it), primaries and
    transfer; the range is limited, as players expect it. The file appears under its name when it is whole.
    """

    def __init__(self, path: Path, info: ClipInfo, form: MovieFormat, audio: AudioCopy | None = None) -> None:
        """info: of the clip that frames come from. audio: sound to copy beside the pictures."""
        self._path = path
        self._info = info
        self._form = form
        self._audio = audio
        self._colour = written_colour(info, rgb=form.rgb)
        self._temporary = temporary_name(path)
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._count = 0
        self._last: Frame | None = None

    def write(self, frame: Frame, pixels: Pixels) -> None:
        """pixels: of one size in all calls. Raises WorkError when the file cannot be written."""
        pts, time_base = self._time(frame)
        picture = self._picture(pixels)
        picture.pts, picture.time_base = pts, time_base
        try:
            if self._container is None or self._stream is None:
                self._container, self._stream = self._open(picture, time_base)
                if self._audio is not None:
                    self._audio.add_to(self._container, None if frame.index == 0 else pts * time_base)
            self._container.mux(self._stream.encode(picture))
            if self._audio is not None:
                self._audio.copy(self._container, pts * time_base)
        except (av.FFmpegError, OSError) as error:
            raise cannot_write(self._path, error) from error
        self._count += 1
        self._last = frame

    def close(self) -> None:
        """Finish the movie and give it its name; without a picture there is no movie."""
        try:
            if self._container is None or self._stream is None:
                return
            self._container.mux(self._stream.encode(None))
            if self._audio is not None:
                self._audio.copy(self._container, self._end())
            self._container.close()
            self._temporary.replace(self._path)
        except (av.FFmpegError, OSError) as error:
            self._temporary.unlink(missing_ok=True)
            raise cannot_write(self._path, error) from error
        finally:
            if self._audio is not None:
                self._audio.close()

    def abort(self) -> None:
        """Drop the unfinished movie."""
        if self._audio is not None:
            self._audio.close()
        if self._container is None:
            return
        with suppress(av.FFmpegError, OSError):  # the run has failed already, and this file goes
            self._container.close()
        self._temporary.unlink(missing_ok=True)

    def _time(self, frame: Frame) -> tuple[int, Fraction]:
        if frame.pts is None or frame.time_base is None:
            return self._count, Fraction(1, IMAGE_FOLDER_RATE)
        if frame.time_base.denominator <= _MAX_TIMESCALE:
            return frame.pts, frame.time_base
        coarser = Fraction(1, _MAX_TIMESCALE)
        return round(frame.pts * frame.time_base / coarser), coarser

    def _open(self, picture: av.VideoFrame, time_base: Fraction) -> tuple[OutputContainer, VideoStream]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        form = self._form
        container = av.open(str(self._temporary), "w", format=form.container, options=dict(form.container_options))
        rate = self._info.rate or IMAGE_FOLDER_RATE
        stream = cast(VideoStream, container.add_stream(form.codec, rate=rate, options=dict(form.options)))
        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, form.pixel_format
        context = stream.codec_context
        context.time_base = time_base
        context.sample_aspect_ratio = self._info.pixel_aspect
        context.colorspace, context.color_range = self._colour.matrix, self._colour.range
        context.color_primaries, context.color_trc = self._colour.primaries, self._colour.transfer
        return container, stream

    def _end(self) -> Fraction | None:
        """Seconds at which the last picture goes; None at the end of the clip."""
        if self._last is None or self._last.index == self._info.frame_count - 1:
            return None
        pts, time_base = self._time(self._last)
        return pts * time_base + 1 / (self._info.rate or Fraction(IMAGE_FOLDER_RATE))

    def _picture(self, pixels: Pixels) -> av.VideoFrame:
        picture = av.VideoFrame.from_ndarray(pixels, format="rgb24" if pixels.shape[2] == 3 else "rgba")
        # One thread: FFmpeg's sliced conversion has raced at widths such as 854.
        if self._form.rgb:
            picture = picture.reformat(format=self._form.pixel_format, threads=1)
        else:
            matrix = _COLOUR_SPACES[self._colour.matrix]
            picture = picture.reformat(
                format=self._form.pixel_format, dst_colorspace=matrix, dst_color_range=ColorRange.MPEG, threads=1
            )
        picture.color_primaries, picture.color_trc = self._colour.primaries, self._colour.transfer
        return picture


def written_colour(info: ClipInfo, *, rgb: bool = False) -> Colour:
    """The tags of movies made from a clip: its own, and what its size suggests where it has none.

    rgb: for codecs that store RGB, which have no matrix and the full range.
    """
    source = info.colour or Colour()
    matrix = assumed_matrix(source.matrix, info.width, info.height)
    if matrix not in _COLOUR_SPACES:  # the source is RGB, or of a kind that nothing writes
        matrix = assumed_matrix(UNSPECIFIED, info.width, info.height)
    primaries = matrix if matrix in _TRANSFERS else SMPTE170M
    return Colour(
        matrix=RGB if rgb else matrix,
        primaries=primaries if source.primaries == UNSPECIFIED else source.primaries,
        transfer=_TRANSFERS.get(matrix, SMPTE170M) if source.transfer == UNSPECIFIED else source.transfer,
        range=int(ColorRange.JPEG if rgb else ColorRange.MPEG),
    )
