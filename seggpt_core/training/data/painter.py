"""Plans become pictures and label maps on a CPU, with OpenCV."""

from collections.abc import Sequence

import cv2
import numpy as np

from seggpt_core.training.data.camera import corners, moved
from seggpt_core.training.data.layers import OPAQUE
from seggpt_core.training.data.masks import from_masks
from seggpt_core.training.data.plan import Backdrop, FramePlan, Shadow, Sticker
from seggpt_core.training.data.warping import mean_picture, warp

REMAP_CHANNELS = 4
"""OpenCV remaps up to this many channels at once."""
THIN = 60
"""A layer also owns a pixel where a part of it that is thinner than three pixels has more alpha than this."""
MARGIN = 3
"""Pixels around the box in which a sticker is painted."""
SHADOW_SOFTNESS = 5
"""Pixels along the square over which a shadow's edge is blurred."""

Box = tuple[int, int, int, int]


def paint_frame(plan: FramePlan, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Image (H, W, 3) RGB and labels (H, W) of a frame of (height, width), both uint8.

    The image shows what is seen while the shutter is open, the labels what lies where in the middle of that time.
    """
    image, labels = paint_backdrop(plan.backdrop, size)
    for sticker in plan.stickers:
        paint_sticker(sticker, image, labels)
    return image, labels


def paint_labels(plan: FramePlan, size: tuple[int, int]) -> np.ndarray:
    """The labels of `paint_frame` alone."""
    labels = _backdrop_labels(plan.backdrop, size)
    for sticker in plan.stickers:
        box = _box(sticker, size)
        if box is not None:
            (alpha,) = _warped(sticker, cv2.extractChannel(sticker.picture, 3), box, _middle(sticker.views))
            _own(alpha, sticker.label, labels, box)
    return labels


def paint_backdrop(backdrop: Backdrop, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Image (H, W, 3) and labels (H, W) of what fills a frame, both uint8."""
    border = cv2.BORDER_REFLECT_101
    seen = [warp(backdrop.picture, view, backdrop.elastic, size, border) for view in backdrop.views]
    return mean_picture(seen), _backdrop_labels(backdrop, size)


def paint_sticker(sticker: Sticker, image: np.ndarray, labels: np.ndarray) -> None:
    """Paint a sticker over image (H, W, 3) and labels (H, W), both uint8, in place."""
    box = _box(sticker, labels.shape[:2])
    if box is None:
        return
    left, top, right, bottom = box
    seen = _warped(sticker, sticker.picture, box, sticker.views)
    patch, behind = mean_picture(seen), image[top:bottom, left:right]
    if sticker.shadow is not None:
        _darken(patch, sticker.shadow, behind)
    _over(patch, behind)
    _own(cv2.extractChannel(seen[len(seen) // 2], 3), sticker.label, labels, box)


def owned(alpha: np.ndarray) -> np.ndarray:
    """Which pixels of alpha (H, W) uint8 belong to a layer: bool (H, W).

    Those that it covers by half, and thin parts that it covers by a quarter: a wire does not vanish with distance.
    """
    thin = cv2.morphologyEx(alpha, cv2.MORPH_TOPHAT, np.ones((3, 3), np.uint8))
    return np.asarray((alpha > OPAQUE) | (thin > THIN))


def _backdrop_labels(backdrop: Backdrop, size: tuple[int, int]) -> np.ndarray:
    if backdrop.masks is None:
        return np.zeros(size, np.uint8)
    planes = cv2.split(backdrop.masks)
    groups = [cv2.merge(planes[at : at + REMAP_CHANNELS]) for at in range(0, len(planes), REMAP_CHANNELS)]
    (view,), border = _middle(backdrop.views), cv2.BORDER_REFLECT_101
    seen = [warp(group, view, backdrop.elastic, size, border) for group in groups]
    return from_masks([plane for group in seen for plane in cv2.split(group)])


def _middle(views: np.ndarray) -> np.ndarray:
    """(1, 3, 3)"""
    return views[len(views) // 2][None]


def _warped(sticker: Sticker, picture: np.ndarray, box: Box, views: np.ndarray) -> list[np.ndarray]:
    """Pictures of the size of the box, one a view."""
    left, top, right, bottom = box
    shift = np.array([[1.0, 0, -left], [0, 1, -top], [0, 0, 1]])
    shape = (bottom - top, right - left)
    return [warp(picture, shift @ view, sticker.elastic, shape, cv2.BORDER_CONSTANT) for view in views]


def _own(alpha: np.ndarray, label: int, labels: np.ndarray, box: Box) -> None:
    left, top, right, bottom = box
    labels[top:bottom, left:right][owned(alpha)] = label


def _over(patch: np.ndarray, image: np.ndarray) -> None:
    """Porter-Duff `over` with multiplied colours, in place."""
    alpha = cv2.extractChannel(patch, 3)
    keep = cv2.cvtColor(cv2.bitwise_not(alpha), cv2.COLOR_GRAY2RGB)
    behind = cv2.multiply(image, keep, scale=1 / 255)
    image[:] = cv2.add(behind, cv2.cvtColor(patch, cv2.COLOR_RGBA2RGB))


def _darken(patch: np.ndarray, shadow: Shadow, image: np.ndarray) -> None:
    """Take light from image where the shifted and blurred alpha of the patch falls, in place."""
    height, width = patch.shape[:2]
    shift = np.array([[1.0, 0, shadow.shift[0]], [0, 1, shadow.shift[1]]])
    fallen = cv2.warpAffine(cv2.extractChannel(patch, 3), shift, (width, height), borderMode=cv2.BORDER_CONSTANT)
    soft = cv2.blur(fallen, (SHADOW_SOFTNESS, SHADOW_SOFTNESS), borderType=cv2.BORDER_CONSTANT)
    light = cv2.convertScaleAbs(soft, alpha=-shadow.strength, beta=255)
    image[:] = cv2.multiply(image, cv2.cvtColor(light, cv2.COLOR_GRAY2RGB), scale=1 / 255)


def _box(sticker: Sticker, size: Sequence[int]) -> Box | None:
    """Left, top, right, bottom of what a sticker covers of a frame of (height, width), or None if it lies outside."""
    middle = sticker.views[len(sticker.views) // 2]
    reach = float(MARGIN)
    if sticker.elastic is not None:
        reach += float(np.abs(sticker.elastic).max()) * float(np.linalg.norm(middle[:2, :2], 2))
    if sticker.shadow is not None:
        reach += max(np.abs(sticker.shadow.shift)) + SHADOW_SOFTNESS
    points = np.concatenate([moved(view, corners(sticker.picture.shape)) for view in sticker.views[[0, -1]]])
    left, top = np.floor(points.min(0) - reach).astype(int)
    right, bottom = np.ceil(points.max(0) + reach).astype(int)
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, size[1]), min(bottom, size[0])
    return (int(left), int(top), int(right), int(bottom)) if right - left > 1 and bottom - top > 1 else None
