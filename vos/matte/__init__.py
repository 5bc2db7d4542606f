"""The edges of mattes: refined by the picture, feathered, grown, freed of specks. Arrays in, arrays out."""

from vos.matte.finish import Edges, finish
from vos.matte.refine import parse_method

__all__ = ["Edges", "finish", "parse_method"]
