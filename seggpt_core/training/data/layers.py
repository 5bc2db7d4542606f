"""Layers of a made scene: objects, twins and occluders, each with its path, and where that puts them in every frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seggpt_core.training.data.camera import Shot, corners
from seggpt_core.training.data.motion import Path, place
from seggpt_core.training.data.plan import Shadow, Sticker
from seggpt_core.training.data.warping import rest, scale_of, shrunk

OPAQUE = 127
"""A layer owns a pixel where its alpha is above this."""


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
    """Its shift is in shares of the object's width and height."""
    nearness: float = 1.0
    """How far it moves with the camera; what is twice as near moves twice as far."""


def stickers(layer: Layer, shot: Shot) -> list[Sticker]:
    """The layer in each frame of `shot`."""
    done: dict[tuple[int, int], np.ndarray] = {}
    return [_sticker(layer, number, shot, done) for number in range(len(shot.move.shift))]


def _sticker(layer: Layer, number: int, shot: Shot, done: dict[tuple[int, int], np.ndarray]) -> Sticker:
    sprite = layer.sprites[number]

    def pose(moment: float) -> np.ndarray:
        seen = shot.move.seen(moment, layer.nearness, 0.0, shot.size)
        return seen @ place(layer.path, moment, layer.scale, sprite.shape, shot.size)

    views = np.stack(shot.views(pose, corners(sprite.shape), number))
    scale = scale_of(views[len(views) // 2])
    small = shrunk(sprite, scale, done)
    elastic = shadow = None
    if layer.elastic is not None:
        elastic = layer.elastic[number] * np.array(small.shape[1::-1], np.float32)
    if layer.shadow is not None:
        across, down = scale * np.array(layer.shadow.shift) * sprite.shape[1::-1]
        shadow = Shadow((float(across), float(down)), layer.shadow.strength)
    return Sticker(small, views @ rest(sprite, small), layer.label, elastic, shadow)


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
