"""Writers of mattes: one object's alpha, or all objects' together, as image sequences and movies."""

from vos.io.mattes.alpha import Alpha, with_alpha
from vos.io.mattes.sequence import SequenceWriter, write_rgba
from vos.io.mattes.writer import MatteWriter

__all__ = ["Alpha", "MatteWriter", "SequenceWriter", "with_alpha", "write_rgba"]
