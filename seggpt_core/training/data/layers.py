"""Layers of a made scene and how they are painted over one another, back to front."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from seggpt_core.training.data.appearance import motion_kernel
from seggpt_core.training.data.motion import Path, place
from seggpt_core.training.data.warping import shrink, warp

SHADOW_REACH = 0.3
"""Room around an object for its shadow, as a share of its longer side."""
OPAQUE = 127
"""A layer owns a pixel where its alpha is above this."""


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
    blur: float = 0.0
    """Motion blur as a share of the motion between frames."""
    shadow: Shadow | None = None


def paint(layer: Layer, number: int, camera: np.ndarray, image: np.ndarray, labels: np.ndarray) -> None:
    """Paint `layer` at frame `number` into image (H, W, 3) and labels (H, W), both uint8, in place.

    camera: (3, 3) map of the scene to this frame.
    """
    size = labels.shape
    sprite, scale = shrink(layer.sprites[number], layer.scale * float(layer.path.scale[number]))
    scale /= float(layer.path.scale[number])
    matrix = camera @ place(layer.path, number, scale, sprite.shape[:2], size)
    elastic = None
    if layer.elastic is not None:
        elastic = layer.elastic[number] * np.array([sprite.shape[1], sprite.shape[0]], np.float32)
    reach = 0.0 if elastic is None else float(np.abs(elastic).max()) * scale
    if layer.shadow is not None:
        reach += SHADOW_REACH * scale * max(sprite.shape)
    box = _box(matrix, sprite.shape[:2], size, reach + 3)
    if box is None:
        return
    left, top, right, bottom = box
    shifted = np.array([[1.0, 0, -left], [0, 1, -top], [0, 0, 1]]) @ matrix
    patch = warp(sprite, shifted, elastic, (bottom - top, right - left), cv2.BORDER_CONSTANT)
    if layer.blur:
        patch = _smear(patch, layer, number, size)
    if layer.shadow is not None:
        _darken(patch, layer.shadow, image[top:bottom, left:right])
    _over(patch, image[top:bottom, left:right], labels[top:bottom, left:right], layer.label)


def _over(patch: np.ndarray, image: np.ndarray, labels: np.ndarray, label: int) -> None:
    """Porter-Duff `over` with multiplied colours, in place."""
    alpha = cv2.extractChannel(patch, 3)
    keep = cv2.cvtColor(cv2.bitwise_not(alpha), cv2.COLOR_GRAY2RGB)
    behind = cv2.multiply(image, keep, scale=1 / 255)
    image[:] = cv2.add(behind, cv2.cvtColor(patch, cv2.COLOR_RGBA2RGB))
    labels[alpha > OPAQUE] = label


def _darken(patch: np.ndarray, shadow: Shadow, image: np.ndarray) -> None:
    """Take light from image where the shifted and blurred alpha of the patch falls, in place."""
    height, width = patch.shape[:2]
    shift = np.array([[1.0, 0, shadow.shift[0] * width], [0, 1, shadow.shift[1] * height]])
    fallen = cv2.warpAffine(cv2.extractChannel(patch, 3), shift, (width, height), borderMode=cv2.BORDER_CONSTANT)
    soft = cv2.blur(fallen, (5, 5), borderType=cv2.BORDER_CONSTANT)
    light = cv2.convertScaleAbs(soft, alpha=-shadow.strength, beta=255)
    image[:] = cv2.multiply(image, cv2.cvtColor(light, cv2.COLOR_GRAY2RGB), scale=1 / 255)


def _smear(patch: np.ndarray, layer: Layer, number: int, size: tuple[int, ...]) -> np.ndarray:
    centre = layer.path.centre
    other = number + 1 if number + 1 < len(centre) else number - 1
    move = (centre[other] - centre[number]) * np.array([size[1], size[0]])
    length = min(layer.blur * float(np.hypot(*move)), 0.06 * size[0])
    return cv2.filter2D(patch, -1, motion_kernel(move, length)) if length > 1.5 else patch


def _box(
    matrix: np.ndarray, source: tuple[int, ...], size: tuple[int, ...], margin: float
) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of the warped source inside the frame, or None if it lies outside."""
    height, width = source[:2]
    corners = matrix @ np.array([[0, width, width, 0], [0, 0, height, height], [1, 1, 1, 1]], float)
    points = corners[:2] / corners[2]
    left, top = np.floor(points.min(1) - margin).astype(int)
    right, bottom = np.ceil(points.max(1) + margin).astype(int)
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
