"""Decoded planes on a device, to RGB there."""

import torch
from torch import Tensor

from vos.io.colour import Colour, assumed_matrix, luma_weights


def split_semi_planar(planes: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """One (3/2 H, W) tensor of luma over interleaved chroma → (H, W) and (H/2, W/2, 2).

    Raises ValueError for another shape, as that of 4:4:4 or of odd sides is.
    """
    if planes.ndim != 2 or tuple(planes.shape) != (height * 3 // 2, width) or height % 2 or width % 2:
        raise ValueError(f"planes of shape {tuple(planes.shape)} are no 4:2:0 picture of {width}x{height} pixels")
    return planes[:height], planes[height:].reshape(height // 2, width // 2, 2)


def rgb_of_planes(luma: Tensor, chroma: Tensor, colour: Colour, *, bits: int) -> Tensor:
    """(H, W, 3) uint8 RGB from Y'CbCr 4:2:0, each chroma sample standing for its 2x2 pixels.

    luma: (H, W) and chroma: (ceil(H/2), ceil(W/2), 2) integers of `bits` bits. Those of 10 bits lie in the upper bits
    of 16, as decoders give them. Formulas: ITU-T H.273, 8.3.
    """
    height, width = luma.shape
    red, blue = luma_weights(assumed_matrix(colour.matrix, width, height))
    y, c = _levels(luma, bits), _levels(chroma, bits)
    if colour.is_full_range:
        top = _top(bits)
        y, c = y / top, (c - 128) / top
    else:
        y, c = (y - 16) / 219, (c - 128) / 224
    c = c.repeat_interleave(2, dim=0)[:height].repeat_interleave(2, dim=1)[:, :width]
    r = y + (2 - 2 * red) * c[..., 1]
    b = y + (2 - 2 * blue) * c[..., 0]
    g = (y - red * r - blue * b) / (1 - red - blue)
    return (torch.stack([r, g, b], dim=-1) * 255).round().clamp(0, 255).to(torch.uint8)


def _levels(samples: Tensor, bits: int) -> Tensor:
    """Float32 in units of an 8-bit level."""
    return samples.to(torch.int32).float() / (1 if bits == 8 else 256)


def _top(bits: int) -> float:
    """White of full range, in the same units."""
    return {8: 255.0, 10: 1023 * 64 / 256, 16: 65535 / 256}[bits]
