"""Writers of mattes: one object's alpha, or all objects' together, as image sequences and movies."""

from vos.io.mattes.alpha import Alpha, with_alpha
from vos.io.mattes.exr import require_exr, write_exr
from vos.io.mattes.movies import MOVIE_ENDINGS, MOVIE_FORMATS, MovieWriter
from vos.io.mattes.sequence import SequenceWriter, write_grey, write_rgba
from vos.io.mattes.writer import MatteWriter

__all__ = [
    "MOVIE_ENDINGS",
    "MOVIE_FORMATS",
    "Alpha",
    "MatteWriter",
    "MovieWriter",
    "SequenceWriter",
    "require_exr",
    "with_alpha",
    "write_exr",
    "write_grey",
    "write_rgba",
]
