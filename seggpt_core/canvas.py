"""From a picture of any size to a model's input, and painted targets to the same grid."""

import math
from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.errors import InputError

_WIDEST = 4.0
"""The input's area is at most that of a picture of this aspect, so that a strip of 8000x50 stays affordable."""
_SMALLEST_KNOWN = 1e-6


def fit_size(height: int, width: int, short_side: int, multiple: int) -> tuple[int, int]:
    """Model input size (H, W) in pixels for a picture of `height` x `width`.

    The shorter side becomes `short_side` and the longer follows the aspect, both rounded to `multiple` and
    at least that. A picture longer than 4:1 gets a shorter short side instead of more area; where the short
    side is down to `multiple`, the long side is cut and the aspect gives way.
    """
    if min(height, width) < 1:
        raise InputError(f"a picture of {height}x{width} (height x width): both sides must be at least 1 pixel")
    if short_side < multiple:
        raise InputError(f"short side {short_side}: must be at least the model's multiple, {multiple}")
    aspect = max(height, width) / min(height, width)
    budget = _WIDEST * short_side**2
    short = _rounded(min(short_side, math.sqrt(budget / aspect)), multiple)
    long = _rounded(min(short * aspect, budget / short), multiple)
    return (short, long) if height <= width else (long, short)


def check_size(size: tuple[int, int], multiple: int) -> None:
    """Raise InputError unless both sides of a model's input are positive multiples of `multiple` pixels."""
    if any(side < 1 or side % multiple for side in size):
        raise InputError(f"size {size[0]}x{size[1]}: both sides must be multiples of {multiple} pixels")


def to_model_image(image: npt.NDArray[np.uint8], size: tuple[int, int], device: torch.device) -> Tensor:
    """Resize a picture to a model's input.

    image: (H, W, 3) uint8 RGB. Returns (3, *size) float32 RGB in 0..1 on `device`. Shrinking averages areas,
    so nothing aliases; growing is bilinear. It is done on the host, where a uint8 resize takes about a
    millisecond and leaves less to copy than the picture itself.
    """
    shrinks = size[0] <= image.shape[0] and size[1] <= image.shape[1]
    resized = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return torch.from_numpy(resized).to(device).permute(2, 0, 1).float() / 255


def to_model_targets(colours: Iterable[Tensor], known: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Resize painted targets; unknown pixels give no colour to their neighbours.

    colours: P tensors (3, H, W) float32 RGB in 0..1, taken one at a time; known: (H, W) float32, 1 where the
    colour is known and 0 where not. Returns colours (P, 3, *size), averaged over known pixels, and known (*size),
    both in 0..1.
    """
    weight = _shrunk(known[None], size)
    targets = [_shrunk(one * known, size) / weight.clamp(min=_SMALLEST_KNOWN) for one in colours]
    return torch.stack(targets), weight[0]


def _shrunk(planes: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(planes[None], size=size, mode="bilinear", align_corners=False, antialias=True)[0]


def _rounded(value: float, multiple: int) -> int:
    return max(multiple, math.floor(value / multiple + 0.5) * multiple)
