"""Warps of uint8 pictures: affine or projective, with an elastic part on a coarse grid."""

from collections.abc import Sequence

import cv2
import numpy as np

LEVEL = 0.7
"""Pictures are averaged down by powers of this; a bilinear warp does the rest."""


def inverse_maps(
    matrix: np.ndarray, elastic: np.ndarray | None, source: tuple[int, int], size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Maps for `cv2.remap`: for each of (height, width) target pixels its (x, y) in the source.

    matrix: (3, 3) source to target. elastic: (g, g, 2) displacements in source pixels on a grid that
    covers the source of (height, width), or None.
    """
    inverse = np.linalg.inv(matrix).astype(np.float32)
    xs = np.arange(size[1], dtype=np.float32)[None, :]
    ys = np.arange(size[0], dtype=np.float32)[:, None]
    map_x = inverse[0, 0] * xs + (inverse[0, 1] * ys + inverse[0, 2])
    map_y = inverse[1, 0] * xs + (inverse[1, 1] * ys + inverse[1, 2])
    if inverse[2, 0] or inverse[2, 1]:
        depth = inverse[2, 0] * xs + (inverse[2, 1] * ys + inverse[2, 2])
        map_x, map_y = map_x / depth, map_y / depth
    if elastic is not None:
        # Cubic, because linear interpolation shows as kinks.
        affine, options = grid_map(matrix, elastic.shape[:2], source), cv2.INTER_CUBIC
        shift = cv2.warpAffine(elastic, affine, (size[1], size[0]), flags=options, borderMode=cv2.BORDER_REPLICATE)
        map_x, map_y = map_x + shift[..., 0], map_y + shift[..., 1]
    return map_x, map_y


def grid_map(matrix: np.ndarray, grid: tuple[int, ...], source: tuple[int, ...]) -> np.ndarray:
    """(2, 3) map of the points (x, y) of a grid of (rows, columns) that covers a source of (height, width, ...) to the
    target pixels that `matrix` (3, 3) takes them to, but for perspective."""
    to_source = np.diag([source[1] / max(1, grid[1] - 1), source[0] / max(1, grid[0] - 1), 1.0])
    return np.asarray((matrix @ to_source)[:2] / matrix[2, 2])


def warp(
    picture: np.ndarray, matrix: np.ndarray, elastic: np.ndarray | None, size: tuple[int, int], border: int
) -> np.ndarray:
    """`picture` (h, w[, c]) uint8 seen through `matrix` (source to target pixels) at (height, width)."""
    if elastic is not None or matrix[2, 0] or matrix[2, 1]:
        return cv2.remap(
            picture, *inverse_maps(matrix, elastic, picture.shape[:2], size), cv2.INTER_LINEAR, borderMode=border
        )
    return cv2.warpAffine(picture, matrix[:2], (size[1], size[0]), flags=cv2.INTER_LINEAR, borderMode=border)


def mean_picture(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of uint8 pictures of one shape: what a shutter sees that is open for all of them."""
    if len(pictures) == 1:
        return pictures[0]
    total = pictures[0].astype(np.float32)
    for picture in pictures[1:]:
        cv2.accumulate(picture, total)
    return cv2.convertScaleAbs(total, alpha=1 / len(pictures))


def scale_of(view: np.ndarray) -> float:
    """Target pixels per source pixel of a map (3, 3), at the source's first pixel."""
    return float(np.sqrt(abs(np.linalg.det(view[:2, :2]))))


def shrunk(picture: np.ndarray, scale: float, done: dict[tuple[int, int], np.ndarray]) -> np.ndarray:
    """The picture averaged down where it will be seen at `scale` (target over source pixels), to at most 1 / LEVEL
    times as many pixels a side as that leaves: a bilinear warp alone would alias.

    done: pictures that were shrunk before, by identity and level; frames of one clip share most of them.
    """
    level = int(np.floor(np.log(max(scale, 1e-3)) / np.log(LEVEL)))
    if level < 1:
        return picture
    key = (id(picture), level)
    if key not in done:
        width, height = (max(2, round(side * LEVEL**level)) for side in picture.shape[1::-1])
        done[key] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return done[key]


def rest(picture: np.ndarray, small: np.ndarray) -> np.ndarray:
    """(3, 3) map of a shrunken picture's pixels to those of the whole one."""
    return np.diag([picture.shape[1] / small.shape[1], picture.shape[0] / small.shape[0], 1.0])
