"""What is asked for of a matte's edges, and a soft mask taken through all of it."""

from dataclasses import dataclass

from vos.errors import InputError
from vos.matte.closed_form import require_closed_form
from vos.matte.refine import Method, refine
from vos.matte.shape import despeckled, feathered, grown
from vos.types import Image, Plane

_SKIRT = 2
"""How far a speck's soft edge reaches, in pixels of the soft mask."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edges:
    """How mattes are finished. Raises InputError for a value that makes no sense, or a library that is missing."""

    refine: Method = "guided"
    despeckle: int = 0
    """Islands and holes of fewer pixels go."""
    grow: int = 0
    """Pixels by which the edge moves outwards; negative inwards."""
    feather: float = 0.0
    """Pixels over which the edge is blurred."""

    def __post_init__(self) -> None:
        if self.refine == "closed-form":
            require_closed_form()
        if self.despeckle < 0:
            raise InputError(f"--despeckle {self.despeckle}: must be a number of pixels, 0 or more")
        if self.feather < 0:
            raise InputError(f"--feather {self.feather:g}: must be a number of pixels, 0 or more")


def finish(image: Image, alpha: Plane, pixel: float, edges: Edges) -> Plane:
    """A soft mask as a matte: freed of specks, refined, grown, feathered, in this order.

    image: (H, W, 3) uint8 RGB; alpha: (H, W) float32 0..1; pixel: side of the soft mask's own pixels, in the
    picture's. Returns (H, W) float32 0..1.
    """
    clean = despeckled(alpha, edges.despeckle, skirt=round(_SKIRT * pixel))
    return feathered(grown(refine(image, clean, edges.refine, pixel), edges.grow), edges.feather)
