"""JPEG's loss without its bytes: colours at half the resolution, 8x8 cosine transforms, rounded to multiples of a step.

After ITU-T T.81 (tables of annex K) and what libjpeg makes of a quality, with its smooth enlargement of colours.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

_SIDE = 8
_BRIGHTNESS = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
"""Table K.1."""
_COLOUR = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
"""Table K.2."""
_FROM_RGB = (
    (0.299, 0.587, 0.114),
    (-0.168735892, -0.331264108, 0.5),
    (0.5, -0.418687589, -0.081312411),
)
"""JFIF's brightness and two colours, the latter around 128."""


def jpeg(images: Tensor, quality: int) -> Tensor:
    """Images (N, 3, H, W) RGB in 0..255, H and W multiples of 16, as they come back: whole numbers in 0..255.

    quality: 1..100, as of libjpeg.
    """
    matrix = images.new_tensor(_FROM_RGB)
    planes = torch.einsum("ij,njhw->nihw", matrix, images).round()
    brightness = _coarsened(planes[:, :1] - 128, _BRIGHTNESS, quality) + 128
    colours = _coarsened(F.avg_pool2d(planes[:, 1:], 2).round(), _COLOUR, quality)
    enlarged = F.interpolate(colours, scale_factor=2, mode="bilinear", align_corners=False)
    done = torch.einsum("ij,njhw->nihw", torch.linalg.inv(matrix), torch.cat([brightness, enlarged], dim=1))
    return done.round().clamp(0, 255)


def _coarsened(planes: Tensor, table: tuple[tuple[int, ...], ...], quality: int) -> Tensor:
    """Planes (N, c, h, w), h and w multiples of 8, with the coefficients of their blocks rounded."""
    steps = planes.new_tensor(_steps(table, quality))
    cosines = planes.new_tensor(_cosines())
    blocks = planes.unflatten(3, (-1, _SIDE)).unflatten(2, (-1, _SIDE)).transpose(3, 4)
    rounded = (cosines @ blocks @ cosines.T / steps).round() * steps
    back = (cosines.T @ rounded @ cosines).transpose(3, 4).flatten(4).flatten(2, 3)
    return back.round()


def _steps(table: tuple[tuple[int, ...], ...], quality: int) -> np.ndarray:
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((np.array(table) * scale + 50) // 100, 1, 255)


def _cosines() -> np.ndarray:
    """(8, 8) orthonormal DCT-II: rows are frequencies."""
    frequency, place = np.arange(_SIDE)[:, None], np.arange(_SIDE)[None]
    waves = np.cos((2 * place + 1) * frequency * np.pi / (2 * _SIDE)) * np.sqrt(2 / _SIDE)
    waves[0] /= np.sqrt(2)
    return waves
