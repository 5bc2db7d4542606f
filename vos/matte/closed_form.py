"""Closed-form matting: Levin, Lischinski, Weiss, PAMI 2008, as pymatting computes it."""

from importlib.util import find_spec

import numpy as np

from vos.errors import InputError
from vos.types import Image, Plane

_ITERATIONS = 200
"""Of conjugate gradients: more change alpha by less than a level of 8 bits."""


def require_closed_form() -> None:
    """Raises InputError where pymatting is not installed."""
    if find_spec("pymatting") is None:
        raise InputError(
            "--refine closed-form: needs pymatting, which is not installed: pip install 'vos-in-context[matte]'"
        )


def closed_form(image: Image, trimap: Plane) -> Plane:
    """Alpha where it is not known.

    image: (H, W, 3) uint8 RGB; trimap: (H, W) float32, 0 and 1 where alpha is known, both occurring, and anything
    between elsewhere. Returns (H, W) float32 0..1.
    """
    from pymatting import estimate_alpha_cf

    found = estimate_alpha_cf(
        image.astype(np.float64) / 255, trimap.astype(np.float64), cg_kwargs={"maxiter": _ITERATIONS, "rtol": 1e-5}
    )
    return found.astype(np.float32)
