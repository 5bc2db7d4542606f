"""Who is in a made clip: objects, look-alikes, crowds and things in the way, each with its path."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from seggpt_core.training.data.appearance import UNCHANGED, draw_shift
from seggpt_core.training.data.layers import Layer, scale_for
from seggpt_core.training.data.motion import Path, draw_elastic, draw_path, turned_back
from seggpt_core.training.data.plan import Shadow
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.data.shards import Library
from seggpt_core.training.data.sprites import draw_sprites, dress
from seggpt_core.training.data.thin import add_thin_parts, twigs

SOURCE_TRIES = 10
THIN_PIXELS = 1.5
"""Thin parts are at least this thick in the frame."""
ALIKE_STEP = 0.06
"""Twins that look exactly alike can only be told apart by place: faster ones differ a little in colour."""
CROWD = (3, 10)
"""Fewest things in a crowd, and one more than the most."""


@dataclass(frozen=True)
class Stage:
    """What all layers of one clip have in common."""

    library: Library
    config: EngineConfig
    size: tuple[int, int]
    """Height and width of the frames."""
    times: np.ndarray
    """(T,) of the frames."""
    step: float
    """Motion in unit time, as a share of the frame."""


def draw_objects(rng: np.random.Generator, stage: Stage, labels: range, share: float) -> list[Layer]:
    """A layer for each label; the first, which covers `share` of the frame, is likely the largest.

    Siblings all look like the first.
    """
    layers: list[Layer] = []
    siblings = rng.random() < stage.config.siblings
    for label in labels:
        alike = siblings and bool(layers)
        layer = draw_twin(rng, stage, layers[0], label) if alike else draw_object(rng, stage, share, label)
        if layer is not None:
            layers.append(layer)
        share = max(min(0.01, share), share * rng.uniform(0.2, 1.0))
    return layers


def draw_object(rng: np.random.Generator, stage: Stage, share: float, label: int) -> Layer | None:
    """Something that covers `share` of the frame when it starts; None if no source was fit to cut."""
    config = stage.config
    for _ in range(SOURCE_TRIES):
        sprites = draw_sprites(rng, stage.library, stage.library.foregrounds.draw(rng), config.frames)
        if sprites is None:
            continue
        if rng.random() < config.thin_parts and all(sprite is sprites[0] for sprite in sprites):
            least = THIN_PIXELS / scale_for(sprites, share, stage.size)
            sprites = [add_thin_parts(rng, sprites[0], least)] * len(sprites)
        shift = draw_shift(rng, 0.6 * config.blemishes) if rng.random() < 0.6 else UNCHANGED
        dressed = dress(sprites, shift, bool(rng.random() < 0.5))
        start = (rng.uniform(0.15, 0.85), rng.uniform(0.2, 0.85))
        elastic = None
        if rng.random() < config.elastic:
            speed = rng.uniform(0.3, 1.5) * min(1.0, 8 * stage.step)
            elastic = draw_elastic(rng, stage.times, rng.uniform(0.04, 0.3), speed)
        return Layer(
            sprites=tuple(dressed),
            label=label,
            path=draw_path(rng, stage.times, start, stage.step * rng.uniform(0.2, 1.2)),
            scale=scale_for(dressed, share, stage.size),
            elastic=elastic,
            shadow=_shadow(rng) if rng.random() < config.shadows else None,
        )
    return None


def _shadow(rng: np.random.Generator) -> Shadow:
    return Shadow(shift=(rng.normal(0, 0.15), rng.uniform(0.0, 0.25)), strength=rng.uniform(0.2, 0.6))


def draw_crowd(rng: np.random.Generator, stage: Stage, share: float, alike: Layer | None) -> list[Layer]:
    """Many things of about one size, all background: what a pass sees of the objects of other passes.

    In a herd, all look like `alike`.
    """
    count = int(rng.integers(*CROWD))
    if alike is not None:
        return [_herded(rng, stage, alike) for _ in range(count)]
    drawn = [draw_object(rng, stage, share * rng.uniform(0.6, 1.5), 0) for _ in range(count)]
    return [layer for layer in drawn if layer is not None]


def _herded(rng: np.random.Generator, stage: Stage, layer: Layer) -> Layer:
    start = (rng.uniform(0.05, 0.95), rng.uniform(0.1, 0.9))
    return replace(
        layer,
        sprites=tuple(tint(rng, layer.sprites, 0.12)),
        label=0,
        path=draw_path(rng, stage.times, start, stage.step * rng.uniform(0.2, 1.2)),
        scale=layer.scale * rng.uniform(0.7, 1.3),
    )


def draw_twin(rng: np.random.Generator, stage: Stage, layer: Layer, label: int) -> Layer:
    """The same object elsewhere, under another label; it may cross the object's way."""
    reach = extent(layer, stage.size)
    heading = rng.uniform(0, 2 * np.pi)
    apart = rng.uniform(0.8, 1.5) * reach * [np.cos(heading), np.sin(heading)]
    start = layer.path.centre[0] + apart
    start = np.where((start < 0) | (start > 1), layer.path.centre[0] - apart, start)
    alike = stage.step <= ALIKE_STEP and rng.random() < 0.5
    path = draw_path(rng, stage.times, (float(start[0]), float(start[1])), stage.step * rng.uniform(0.2, 1.0))
    if rng.random() < stage.config.crossings:
        path = crossing(rng, path, layer.path, stage.times)
    return replace(
        layer,
        sprites=layer.sprites if alike else tuple(tint(rng, layer.sprites, 0.25)),
        label=label,
        path=path,
        scale=layer.scale * rng.uniform(0.8, 1.2),
    )


def crossing(rng: np.random.Generator, path: Path, other: Path, times: np.ndarray) -> Path:
    """`path` changed so that it comes upon `other` after the first frame and goes on beyond it."""
    meeting = rng.uniform(0.3, 1.0) * times[-1]
    aside = path.centre[0] - other.centre[0]
    share = np.clip(1 - times / meeting, -1.5, 1.0)[:, None]
    return replace(path, centre=other.centre + share * aside)


def draw_near(rng: np.random.Generator, stage: Stage) -> Layer | None:
    """Something close to the camera, which is background: twigs and poles, or anything, large and mostly outside."""
    nearness = rng.uniform(1.5, 3.0)
    if rng.random() < 0.5:
        sprites = dress([twigs(rng, stage.size)], UNCHANGED, False) * stage.config.frames
        start = (rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7))
        path = draw_path(rng, stage.times, start, 0.1 * stage.step)
        return Layer(sprites=tuple(sprites), label=0, path=path, scale=1.0, nearness=nearness)
    layer = draw_object(rng, stage, rng.uniform(0.1, 0.4), 0)
    if layer is None:
        return None
    start = (float(rng.choice([-0.1, 0.1, 0.9, 1.1])), rng.uniform(0.3, 1.2))
    path = draw_path(rng, stage.times, start, 0.2 * stage.step)
    return replace(layer, path=path, shadow=None, nearness=nearness)


def away(rng: np.random.Generator, layer: Layer, absent: range, size: tuple[int, int]) -> Layer:
    """The layer, far outside the frame in the frames of `absent`; if it returns, it does so at another place."""
    centre = layer.path.centre.copy()
    centre[absent.stop :] = turned_back(centre[absent.stop :] + rng.uniform(-0.3, 0.3, 2))
    before = centre[absent.start - 1] - 0.5
    axis = int(np.argmax(np.abs(before)))
    side = 1.0 if before[axis] > 0 else -1.0
    centre[absent.start : absent.stop, axis] = 0.5 + side * (1.5 + 1.25 * float(np.hypot(*extent(layer, size))))
    return replace(layer, path=replace(layer.path, centre=centre))


def extent(layer: Layer, size: tuple[int, int]) -> np.ndarray:
    """(2,) width and height at the start as shares of the frame's."""
    height, width = layer.sprites[0].shape[:2]
    return layer.scale * np.array([width / size[1], height / size[0]])


def tint(rng: np.random.Generator, sprites: Sequence[np.ndarray], amount: float) -> list[np.ndarray]:
    """Sprites with a tint, at amount 0.1 of about 10 % a colour.

    Colours stay multiplied by alpha, which bounds them.
    """
    matrix = np.diag([*np.exp(rng.normal(0, amount, 3)), 1.0]).astype(np.float32)
    done: dict[int, np.ndarray] = {}
    for sprite in sprites:
        if id(sprite) not in done:
            alpha = cv2.extractChannel(sprite, 3)
            done[id(sprite)] = cv2.min(cv2.transform(sprite, matrix), cv2.merge([alpha] * 4))
    return [done[id(sprite)] for sprite in sprites]
