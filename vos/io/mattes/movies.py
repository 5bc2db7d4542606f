"""Mattes as movies with alpha, for editors and for the web."""

from pathlib import Path

from vos.io.clip import ClipInfo
from vos.io.mattes.alpha import Alpha, with_alpha
from vos.io.movie import Movie, MovieFormat
from vos.types import Frame, Plane

_NO_RANDOM_ID = {"fflags": "+bitexact"}
"""Matroska has a random id for every file otherwise; equal runs give equal files."""

MOVIE_FORMATS = {
    "prores": MovieFormat(
        container="mov",
        codec="prores_ks",
        pixel_format="yuva444p10le",
        options={"profile": "4444", "alpha_bits": "16", "vendor": "apl0"},
    ),
    "vp9": MovieFormat(
        container="webm",
        codec="libvpx-vp9",
        pixel_format="yuva420p",
        # libvpx cannot code alpha beside alternate reference frames. Its quality is the colours' too: at a rate factor
        # of 18 alpha was off by up to 8 levels in 99 of 100 pixels of tracked soft edges, at 4 it is by 3.
        options={"auto-alt-ref": "0", "b": "0", "crf": "4", "deadline": "good", "cpu-used": "4", "row-mt": "1"},
        container_options=_NO_RANDOM_ID,
    ),
    "ffv1": MovieFormat(
        container="matroska",
        codec="ffv1",
        pixel_format="bgra",
        options={"level": "3", "g": "1"},
        container_options=_NO_RANDOM_ID,
        rgb=True,
    ),
    "qtrle": MovieFormat(container="mov", codec="qtrle", pixel_format="argb", rgb=True),
}
"""By kind of export."""
MOVIE_ENDINGS = {"prores": "mov", "vp9": "webm", "ffv1": "mkv", "qtrle": "mov"}


class MovieWriter:
    """The clip's pictures with a matte as their alpha; a failed run leaves no file."""

    whole_clip = True

    def __init__(self, path: Path, info: ClipInfo, form: MovieFormat, convention: Alpha) -> None:
        self._movie = Movie(path, info, form)
        self._convention: Alpha = convention

    def write(self, frame: Frame, alpha: Plane) -> None:
        self._movie.write(frame, with_alpha(frame.image, alpha, self._convention))

    def close(self) -> None:
        self._movie.close()

    def abort(self) -> None:
        self._movie.abort()
