"""Warps of uint8 pictures: affine or projective, with an elastic part on a coarse grid."""

from collections.abc import Sequence

import cv2
import numpy as np

REMAP_CHANNELS = 4
"""OpenCV remaps up to this many channels at once."""


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
        shift = _spread(elastic, matrix, source, size)
        map_x, map_y = map_x + shift[..., 0], map_y + shift[..., 1]
    return map_x, map_y


def _spread(elastic: np.ndarray, matrix: np.ndarray, source: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """The coarse grid at target pixels: cubic, because linear interpolation shows as kinks."""
    grid_h, grid_w = elastic.shape[:2]
    to_source = np.diag([source[1] / max(1, grid_w - 1), source[0] / max(1, grid_h - 1), 1.0])
    affine = (matrix @ to_source)[:2] / matrix[2, 2]
    return cv2.warpAffine(elastic, affine, (size[1], size[0]), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


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


def look(
    image: np.ndarray,
    masks: np.ndarray | None,
    views: Sequence[np.ndarray],
    elastic: np.ndarray | None,
    size: tuple[int, int],
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Image (h, w, 3) and the channels of masks (h, w, n), if any, through `views` (source to frame pixels), all uint8.

    The image is the mean of all views, the masks are those of the middle one. elastic: (g, g, 2) displacements as
    shares of the source's size, or None. What lies outside the source is its mirror image, in the masks too.
    """
    view = views[len(views) // 2]
    scale = float(np.sqrt(abs(np.linalg.det(view[:2, :2]))))
    small, left = shrink(image, scale)
    if masks is not None and left != scale:
        masks = cv2.resize(masks, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    rest = np.diag([image.shape[1] / small.shape[1], image.shape[0] / small.shape[0], 1.0])
    bend = None if elastic is None else elastic * np.array(small.shape[1::-1], np.float32)
    planes = [] if masks is None else cv2.split(masks)
    groups = [cv2.merge(planes[at : at + REMAP_CHANNELS]) for at in range(0, len(planes), REMAP_CHANNELS)]
    seen = [warp(group, view @ rest, bend, size, cv2.BORDER_REFLECT_101) for group in groups]
    picture = mean_picture([warp(small, one @ rest, bend, size, cv2.BORDER_REFLECT_101) for one in views])
    return picture, [plane for group in seen for plane in cv2.split(group)]


def shrink(picture: np.ndarray, scale: float) -> tuple[np.ndarray, float]:
    """The picture averaged down if `scale` (target over source pixels) is below 0.7, and the scale that is left.

    A bilinear warp alone would alias.
    """
    if scale >= 0.7:
        return picture, scale
    width = max(2, round(picture.shape[1] * scale))
    height = max(2, round(picture.shape[0] * scale))
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return small, scale * picture.shape[1] / width
