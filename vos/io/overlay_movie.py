"""Overlay movies: H.264 with the source's sound."""

from pathlib import Path

import numpy as np

from vos.io.audio import AudioCopy, find_audio
from vos.io.clip import ClipInfo
from vos.io.movie import Movie, MovieFormat
from vos.io.overlay import paint_overlay
from vos.types import Frame, Image, Segmentation

_FORMAT = MovieFormat(
    container="mp4",
    codec="libx264",
    pixel_format="yuv420p",
    options={"crf": "18", "preset": "veryfast", "bf": "0"},  # no B-frames: decoding and display order agree
    container_options={"movflags": "+faststart", "movie_timescale": "90000"},
)


class OverlayWriter:
    """Sink: an MP4 of the frames with their objects painted on, and the source's sound copied where MP4 can hold it.

    H.264 needs even sides: an odd side is padded by repeating its last row or column. A failed run leaves no file.
    """

    def __init__(self, path: Path, info: ClipInfo) -> None:
        tracks = find_audio(info)
        self._movie = Movie(path, info, _FORMAT, AudioCopy(tracks) if tracks.copied else None)

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        """Raises WorkError when the file cannot be written."""
        self._movie.write(frame, pad_to_even(paint_overlay(frame.image, segmentation.ids)))

    def close(self) -> None:
        """Finish the movie and give it its name; without a picture there is no movie."""
        self._movie.close()

    def abort(self) -> None:
        """Drop the unfinished movie."""
        self._movie.abort()


def pad_to_even(image: Image) -> Image:
    """Repeat the last row or column, or both, of an image with odd sides; others come back as they are."""
    height, width = image.shape[:2]
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
