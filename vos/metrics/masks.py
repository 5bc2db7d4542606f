"""What the measures of one mask against another have in common."""

import cv2
import numpy as np
import numpy.typing as npt

from vos.errors import InputError

Mask = npt.NDArray[np.bool_]
"""(H, W) bool, one object."""


def require_mask_pair(truth: Mask, prediction: Mask) -> None:
    """Raise InputError unless both are two-dimensional bool arrays of one shape."""
    for name, mask in (("truth", truth), ("prediction", prediction)):
        if mask.dtype != np.bool_ or mask.ndim != 2:
            raise InputError(f"the {name} is {mask.dtype} of shape {mask.shape}; a (H, W) bool mask is needed")
    require_same_shape(truth, prediction)


def require_same_shape(truth: npt.NDArray[np.generic], prediction: npt.NDArray[np.generic]) -> None:
    """Raise InputError unless both have one shape."""
    if truth.shape != prediction.shape:
        raise InputError(f"the truth is {truth.shape} pixels (H, W), but the prediction is {prediction.shape}")


def box_with_boundary(mask: npt.NDArray[np.bool_] | npt.NDArray[np.uint8]) -> tuple[slice, slice]:
    """Rows and columns that hold every non-zero pixel of a (H, W) array, and every boundary pixel of what they form.

    The box grows by one pixel each way: up and left because boundaries lie there, down and right so that the
    rules for a last row or column apply only where the picture really ends.
    """
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    return slice(max(y - 1, 0), y + height + 1), slice(max(x - 1, 0), x + width + 1)
