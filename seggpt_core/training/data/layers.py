"""Layers of a made scene and how they are painted over one another, back to front."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from seggpt_core.training.data.camera import Shot, corners, moved
from seggpt_core.training.data.motion import Path, place
from seggpt_core.training.data.warping import mean_picture, shrink, warp

SHADOW_REACH = 0.3
"""Room around an object for its shadow, as a share of its longer side."""
OPAQUE = 127
"""A layer owns a pixel where its alpha is above this,"""
THIN = 60
"""or where a part of it that is thinner than three pixels has more alpha than this."""


@dataclass(frozen=True)
class Shadow:
    """A soft shadow that an object throws on what is behind it."""

    shift: tuple[float, float]
    """x and y, as shares of the object's width and height."""
    strength: float
    """How much light it takes away, 0..1."""


@dataclass(frozen=True)
class Layer:
    """An object, a twin or an occluder in a scene."""

    sprites: tuple[np.ndarray, ...]
    """One (h, w, 4) uint8 RGBA a frame, colours multiplied by alpha."""
    label: int
    """0 for what counts as background."""
    path: Path
    scale: float
    """Frame pixels per sprite pixel at the start."""
    elastic: np.ndarray | None = None
    """(T, g, g, 2) displacements as shares of the sprite's size, or None."""
    shadow: Shadow | None = None
    nearness: float = 1.0
    """How far it moves with the camera; what is twice as near moves twice as far."""


def paint(layer: Layer, number: int, shot: Shot, image: np.ndarray, labels: np.ndarray) -> None:
    """Paint `layer` at frame `number` of `shot` into image (H, W, 3) and labels (H, W), both uint8, in place.

    The image shows the layer over the time that the shutter is open, the labels where it is in the middle of it.
    """
    size = shot.size
    sprite, scale = shrink(layer.sprites[number], layer.scale * float(layer.path.scale[number]))
    scale /= float(layer.path.scale[number])
    shape = sprite.shape[:2]

    def pose(moment: float) -> np.ndarray:
        return shot.move.seen(moment, layer.nearness, 0.0, size) @ place(layer.path, moment, scale, shape, size)

    views = shot.views(pose, corners(shape), number)
    elastic = None
    if layer.elastic is not None:
        elastic = layer.elastic[number] * np.array([shape[1], shape[0]], np.float32)
    reach = 0.0 if elastic is None else float(np.abs(elastic).max()) * scale
    if layer.shadow is not None:
        reach += SHADOW_REACH * scale * max(shape)
    box = _box([views[0], views[-1]], shape, size, reach + 3)
    if box is None:
        return
    left, top, right, bottom = box
    shift = np.array([[1.0, 0, -left], [0, 1, -top], [0, 0, 1]])
    seen = [warp(sprite, shift @ view, elastic, (bottom - top, right - left), cv2.BORDER_CONSTANT) for view in views]
    patch = mean_picture(seen)
    if layer.shadow is not None:
        _darken(patch, layer.shadow, image[top:bottom, left:right])
    _over(patch, image[top:bottom, left:right])
    labels[top:bottom, left:right][owned(cv2.extractChannel(seen[len(seen) // 2], 3))] = layer.label


def owned(alpha: np.ndarray) -> np.ndarray:
    """Which pixels of alpha (H, W) uint8 belong to a layer: bool (H, W).

    Those that it covers by half, and thin parts that it covers by a quarter: a wire does not vanish with distance.
    """
    thin = cv2.morphologyEx(alpha, cv2.MORPH_TOPHAT, np.ones((3, 3), np.uint8))
    return np.asarray((alpha > OPAQUE) | (thin > THIN))


def _over(patch: np.ndarray, image: np.ndarray) -> None:
    """Porter-Duff `over` with multiplied colours, in place."""
    alpha = cv2.extractChannel(patch, 3)
    keep = cv2.cvtColor(cv2.bitwise_not(alpha), cv2.COLOR_GRAY2RGB)
    behind = cv2.multiply(image, keep, scale=1 / 255)
    image[:] = cv2.add(behind, cv2.cvtColor(patch, cv2.COLOR_RGBA2RGB))


def _darken(patch: np.ndarray, shadow: Shadow, image: np.ndarray) -> None:
    """Take light from image where the shifted and blurred alpha of the patch falls, in place."""
    height, width = patch.shape[:2]
    shift = np.array([[1.0, 0, shadow.shift[0] * width], [0, 1, shadow.shift[1] * height]])
    fallen = cv2.warpAffine(cv2.extractChannel(patch, 3), shift, (width, height), borderMode=cv2.BORDER_CONSTANT)
    soft = cv2.blur(fallen, (5, 5), borderType=cv2.BORDER_CONSTANT)
    light = cv2.convertScaleAbs(soft, alpha=-shadow.strength, beta=255)
    image[:] = cv2.multiply(image, cv2.cvtColor(light, cv2.COLOR_GRAY2RGB), scale=1 / 255)


def _box(
    views: Sequence[np.ndarray], source: tuple[int, ...], size: tuple[int, int], margin: float
) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of the warped source inside the frame in all views, or None if it lies outside."""
    points = np.concatenate([moved(view, corners(source)) for view in views])
    left, top = np.floor(points.min(0) - margin).astype(int)
    right, bottom = np.ceil(points.max(0) + margin).astype(int)
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, size[1]), min(bottom, size[0])
    return (int(left), int(top), int(right), int(bottom)) if right - left > 1 and bottom - top > 1 else None


def opaque_area(sprite: np.ndarray) -> int:
    """Pixels that the sprite owns."""
    return int((sprite[..., 3] > OPAQUE).sum())


def scale_for(sprites: Sequence[np.ndarray], share: float, size: tuple[int, int]) -> float:
    """Frame pixels per sprite pixel at which the first sprite covers `share` of the frame.

    At most 1.3 frames in either direction, so that thin things do not grow without bound.
    """
    first = sprites[0]
    by_area = np.sqrt(share * size[0] * size[1] / max(1, opaque_area(first)))
    by_side = 1.3 * min(size[0] / first.shape[0], size[1] / first.shape[1])
    return float(min(by_area, by_side))
