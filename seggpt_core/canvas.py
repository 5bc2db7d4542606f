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

_SLACK = 1.25
"""How much larger than asked for an input may become by rounding, before a strip's aspect gives way."""
_SMALLEST_KNOWN = 1e-6


def fit_size(height: int, width: int, pixels: int, multiple: int) -> tuple[int, int]:
    """Model input size (H, W) for a picture of `height` x `width`: about so many `pixels` at the picture's aspect.

    Both sides are rounded to `multiple` and at least that. Every aspect costs the same and is seen as well; of a strip
    whose shorter side is a few multiples only, the longer is cut.
    """
    if min(height, width) < 1:
        raise InputError(f"a picture of {height}x{width} (height x width): both sides must be at least 1 pixel")
    if pixels < multiple**2:
        raise InputError(f"{pixels} pixels: the model's input has at least {multiple}x{multiple}, {multiple**2}")
    aspect = max(height, width) / min(height, width)
    short = _rounded(math.sqrt(pixels / aspect), multiple)
    long = _rounded(min(short * aspect, _SLACK * pixels / short), multiple)
    return (short, long) if height <= width else (long, short)


def check_size(size: tuple[int, int], multiple: int) -> None:
    """Raise InputError unless both sides of a model's input are positive multiples of `multiple` pixels."""
    if any(side < 1 or side % multiple for side in size):
        raise InputError(f"size {size[0]}x{size[1]}: both sides must be multiples of {multiple} pixels")


def to_model_image(image: npt.NDArray[np.uint8] | Tensor, size: tuple[int, int], device: torch.device) -> Tensor:
    """Resize a picture to a model's input.

    image: (H, W, 3) uint8 RGB. Returns (3, *size) float32 RGB in 0..1 on `device`. Shrinking averages areas,
    so nothing aliases; growing is bilinear. An array is resized on the host, where that takes about a
    millisecond and leaves less to copy than the picture itself; a tensor where it lies, to within one level of 255.
    """
    if isinstance(image, Tensor):
        return _resized(image, size).to(device)
    shrinks = size[0] <= image.shape[0] and size[1] <= image.shape[1]
    resized = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return torch.from_numpy(resized).to(device).permute(2, 0, 1).float() / 255


def _resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    """(H, W, 3) uint8 → (3, *size) float32 in whole levels of 1/255, as OpenCV resizes, on the tensor's device."""
    planes = image.permute(2, 0, 1).float()
    if size[0] <= planes.shape[1] and size[1] <= planes.shape[2]:
        rows, columns = (_area_weights(a, b, image.device) for a, b in zip(planes.shape[1:], size, strict=True))
        planes = rows @ planes @ columns.T
    else:
        planes = F.interpolate(planes[None], size=size, mode="bilinear", align_corners=False)[0]
    return planes.round().clamp(0, 255) / 255


def _area_weights(length: int, shorter: int, device: torch.device) -> Tensor:
    """(shorter, length) float32: the share of each old pixel in each new one, which is a mean over its extent."""
    edges = torch.arange(shorter + 1, dtype=torch.float64, device=device) * (length / shorter)
    old = torch.arange(length, dtype=torch.float64, device=device)
    overlap = torch.minimum(edges[1:, None], old + 1) - torch.maximum(edges[:-1, None], old)
    return (overlap.clamp(min=0) * (shorter / length)).float()


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
