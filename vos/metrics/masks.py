"""What the measures of one mask against another have in common."""

import numpy as np
import numpy.typing as npt

from vos.errors import InputError

Mask = npt.NDArray[np.bool_]
"""(H, W) bool, one object."""


def require_same_shape(truth: Mask, prediction: Mask) -> None:
    """Raise InputError unless both are two-dimensional bool arrays of one shape."""
    for name, mask in (("truth", truth), ("prediction", prediction)):
        if mask.dtype != np.bool_ or mask.ndim != 2:
            raise InputError(f"the {name} is {mask.dtype} of shape {mask.shape}; a (H, W) bool mask is needed")
    if truth.shape != prediction.shape:
        raise InputError(f"the truth is {truth.shape} pixels (H, W), but the prediction is {prediction.shape}")
