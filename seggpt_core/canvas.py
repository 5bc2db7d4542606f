"""From a picture of any size to a model's input, and painted targets to the same grid."""

import math
from collections.abc import Iterable
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image
import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.errors import InputError

Resampling = Literal["smooth", "official"]
"""How a model's input is resized. `smooth`: pictures and targets are averaged when they shrink and linear when they
grow. `official`: as SegGPT's own code does (`seggpt_engine.py`), pictures bicubic, as Pillow does it, and targets
nearest."""

_SLACK = 1.25
"""How much larger than asked for an input may become by rounding, before a strip's aspect gives way."""
_SMALLEST_KNOWN = 1e-6


def fit_size(height: int, width: int, pixels: int, multiple: int) -> tuple[int, int]:
    """Model input size (H, W) for a picture of `height` x `width`: about so many `pixels` at the picture's aspect.

    Both sides are rounded to `multiple` and at least twice that, which the models need. Every aspect costs the same and
    is seen as well; of a strip whose shorter side is a few multiples only, the longer is cut.
    """
    if min(height, width) < 1:
        raise InputError(f"a picture of {height}x{width} (height x width): both sides must be at least 1 pixel")
    least = 2 * multiple
    if pixels < least**2:
        raise InputError(f"{pixels} pixels: the model's input has at least {least}x{least}, {least**2}")
    aspect = max(height, width) / min(height, width)
    short = _rounded(math.sqrt(pixels / aspect), multiple)
    long = _rounded(min(short * aspect, _SLACK * pixels / short), multiple)
    return (short, long) if height <= width else (long, short)


def check_size(size: tuple[int, int], multiple: int) -> None:
    """Raise InputError unless both sides of a model's input are positive multiples of `multiple` pixels."""
    if any(side < 1 or side % multiple for side in size):
        raise InputError(f"size {size[0]}x{size[1]}: both sides must be multiples of {multiple} pixels")


def to_model_image(
    image: npt.NDArray[np.uint8] | Tensor, size: tuple[int, int], device: torch.device, resampling: Resampling
) -> Tensor:
    """Resize a picture to a model's input.

    image: (H, W, 3) uint8 RGB. Returns (3, *size) float32 RGB in 0..1 on `device`. An array is resized on the host,
    where that takes about a millisecond and leaves less to copy than the picture itself; a tensor where it lies, to
    within one level of 255.
    """
    if isinstance(image, Tensor):
        return _resized(image, size, resampling).to(device)
    resized = _bicubic(image, size) if resampling == "official" else _smooth(image, size)
    return torch.from_numpy(resized).to(device).permute(2, 0, 1).float() / 255


def _smooth(image: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    shrinks = size[0] <= image.shape[0] and size[1] <= image.shape[1]
    resized = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def _bicubic(image: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    picture = PIL.Image.fromarray(image)
    for step in _axis_by_axis((image.shape[0], image.shape[1]), size):
        picture = picture.resize(step[::-1], PIL.Image.Resampling.BICUBIC)
    return np.array(picture)


def _axis_by_axis(source: tuple[int, int], size: tuple[int, int]) -> list[tuple[int, int]]:
    """Heights and widths on the way from `source` to `size`. Pillow rounds to whole levels between the two axes, and
    not all of its versions begin with the same one. Here it is the axis that shrinks more, as in the recorded run of
    the official code."""
    upright = size[0] / source[0] < size[1] / source[1]
    return [(size[0], source[1]) if upright else (source[0], size[1]), size]


def _resized(image: Tensor, size: tuple[int, int], resampling: Resampling) -> Tensor:
    """(H, W, 3) uint8 → (3, *size) float32 in whole levels of 1/255, as on the host, on the tensor's device."""
    planes = image.permute(2, 0, 1).float()
    if resampling == "official":
        for step in _axis_by_axis((planes.shape[1], planes.shape[2]), size):
            planes = F.interpolate(planes[None], size=step, mode="bicubic", align_corners=False, antialias=True)[0]
            planes = planes.round().clamp(0, 255)
    elif size[0] <= planes.shape[1] and size[1] <= planes.shape[2]:
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


def to_model_targets(
    colours: Iterable[Tensor], known: Tensor, size: tuple[int, int], resampling: Resampling
) -> tuple[Tensor, Tensor]:
    """Resize painted targets; unknown pixels give no colour to their neighbours.

    colours: P tensors (3, H, W) float32 RGB in 0..1, taken one at a time; known: (H, W) float32, 1 where the
    colour is known and 0 where not. Returns colours (P, 3, *size), averaged over known pixels where `resampling` is
    smooth, and known (*size), both in 0..1.
    """
    if resampling == "official":
        return torch.stack([_nearest(one, size) for one in colours]), _nearest(known[None], size)[0]
    weight = _shrunk(known[None], size)
    targets = [_shrunk(one * known, size) / weight.clamp(min=_SMALLEST_KNOWN) for one in colours]
    return torch.stack(targets), weight[0]


def _shrunk(planes: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(planes[None], size=size, mode="bilinear", align_corners=False, antialias=True)[0]


def _nearest(planes: Tensor, size: tuple[int, int]) -> Tensor:
    """The pixel under each new pixel's middle, as Pillow takes it."""
    return F.interpolate(planes[None], size=size, mode="nearest-exact")[0]


def _rounded(value: float, multiple: int) -> int:
    return max(2 * multiple, math.floor(value / multiple + 0.5) * multiple)
