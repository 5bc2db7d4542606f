"""Overlay movies: H.264, one picture a frame, at the source's times."""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

from vos.errors import WorkError
from vos.io.atomic import temporary_name
from vos.io.clip import ClipInfo
from vos.io.overlay import paint_overlay
from vos.types import Frame, Image, Segmentation

IMAGE_FOLDER_RATE = 24
"""Pictures a second where the source has no times."""

_HD_SIDE = 720
_BT709, _BT601 = 1, 6  # ITU-T H.273 codes, the same for primaries, transfer and matrix (6: SMPTE 170M)
_LIMITED_RANGE = 1
_MAX_TIMESCALE = 1_000_000
_OPTIONS = {"crf": "18", "preset": "veryfast", "bf": "0"}  # no B-frames: decoding and display order agree
_FORMAT_OPTIONS = {"movflags": "+faststart", "movie_timescale": "90000"}


class OverlayWriter:
    """Sink: an MP4 of the frames with their objects painted on.

    Every picture is shown at its frame's own time, also where the rate varies or the range starts late.
    H.264 needs even sides: an odd side is padded by repeating its last row or column. The file appears
    under its name when it is whole; a failed run leaves none.
    """

    def __init__(self, path: Path, info: ClipInfo) -> None:
        self._path = path
        self._info = info
        self._temporary = temporary_name(path)
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._count = 0

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        """Raises WorkError when the file cannot be written."""
        pts, time_base = self._time(frame)
        picture = _yuv(pad_to_even(paint_overlay(frame.image, segmentation.ids)))
        picture.pts, picture.time_base = pts, time_base
        try:
            if self._container is None or self._stream is None:
                self._container, self._stream = self._open(picture, time_base)
            self._container.mux(self._stream.encode(picture))
        except (av.FFmpegError, OSError) as error:
            raise WorkError(f"cannot write {self._path}: {error.strerror}") from error
        self._count += 1

    def close(self) -> None:
        """Finish the movie and give it its name; without a picture there is no movie."""
        if self._container is None or self._stream is None:
            return
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._temporary.replace(self._path)
        except (av.FFmpegError, OSError) as error:
            self._temporary.unlink(missing_ok=True)
            raise WorkError(f"cannot write {self._path}: {error.strerror}") from error

    def abort(self) -> None:
        """Drop the unfinished movie."""
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
        container = av.open(str(self._temporary), "w", format="mp4", options=_FORMAT_OPTIONS)
        stream = container.add_stream("libx264", rate=self._info.rate or IMAGE_FOLDER_RATE, options=_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "yuv420p"
        context = stream.codec_context
        context.time_base = time_base
        context.sample_aspect_ratio = self._info.pixel_aspect
        context.colorspace = context.color_primaries = context.color_trc = _colour_code(picture)
        context.color_range = _LIMITED_RANGE
        return container, stream


def pad_to_even(image: Image) -> Image:
    """Repeat the last row or column, or both, of an image with odd sides; others come back as they are."""
    height, width = image.shape[:2]
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _yuv(image: Image) -> av.VideoFrame:
    picture = av.VideoFrame.from_ndarray(image, format="rgb24")
    code = _colour_code(picture)
    matrix = Colorspace.ITU709 if code == _BT709 else Colorspace.ITU601
    # One thread: FFmpeg's sliced conversion has raced at widths such as 854.
    yuv = picture.reformat(format="yuv420p", dst_colorspace=matrix, dst_color_range="MPEG", threads=1)
    yuv.color_primaries = yuv.color_trc = code
    return yuv


def _colour_code(picture: av.VideoFrame) -> int:
    return _BT709 if min(picture.width, picture.height) >= _HD_SIDE else _BT601
