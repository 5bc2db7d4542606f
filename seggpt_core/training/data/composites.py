"""Made clips: cut-outs that move over a moving background."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from seggpt_core.training.data.appearance import UNCHANGED, draw_shift
from seggpt_core.training.data.items import Cutout, LabelledImage
from seggpt_core.training.data.layers import Layer, Shadow, paint, scale_for
from seggpt_core.training.data.motion import draw_camera, draw_elastic, draw_path, draw_times, log_uniform
from seggpt_core.training.data.scenes import Scene, draw_scene
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.data.shards import Library
from seggpt_core.training.data.sprites import cut, draw_sprites, dress

Frames = tuple[list[np.ndarray], list[np.ndarray]]
"""Images (H, W, 3) and label maps (H, W), uint8, one a frame."""

SOURCE_TRIES = 10
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


def composite(rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int]) -> Frames | None:
    """One to three objects over a moving background, with twins, occluders and crowds; None if no object was found."""
    times = draw_times(rng, config.frames)
    stage = Stage(library, config, size, times, log_uniform(rng, 0.015, 0.4))
    camera = draw_camera(rng, times, stage.step * rng.uniform(0.1, 0.8), size)
    count = min(1 + int(rng.choice(3, p=(0.5, 0.3, 0.2))), config.objects)
    scene = draw_scene(rng, library, config, size, count)
    crowded = bool(rng.random() < config.crowds)
    share = log_uniform(rng, 0.006, 0.06) if crowded else log_uniform(rng, 0.015, 0.4)
    layers = _objects(rng, stage, range(scene.objects + 1, count + 1), share)
    if not layers and not scene.objects:
        return None
    if layers and rng.random() < config.leaves:
        chosen = int(rng.integers(len(layers)))
        layers[chosen] = _leave(rng, layers[chosen])
    if layers and rng.random() < config.twins:
        layers.append(_twin(rng, stage, layers[int(rng.integers(len(layers)))]))
    if rng.random() < config.occluders or not layers:
        other = _object(rng, stage, log_uniform(rng, 0.01, 0.15), 0)
        layers += [] if other is None else [other]
    if crowded:
        layers += _crowd(rng, stage, share)
    elastic = None
    if rng.random() < config.scene_elastic:
        elastic = draw_elastic(rng, times, rng.uniform(0.02, 0.12), rng.uniform(0.3, 1.5))
    order = rng.permutation(len(layers))
    return _render(scene, [layers[number] for number in order], camera, elastic, size)


def _render(
    scene: Scene,
    layers: Sequence[Layer],
    camera: np.ndarray,
    elastic: np.ndarray | None,
    size: tuple[int, int],
) -> Frames:
    images, label_maps = [], []
    for number, matrix in enumerate(camera):
        image, labels = scene.seen(matrix, None if elastic is None else elastic[number], size)
        for layer in layers:
            paint(layer, number, matrix, image, labels)
        images.append(image)
        label_maps.append(labels)
    return images, label_maps


def _objects(rng: np.random.Generator, stage: Stage, labels: range, share: float) -> list[Layer]:
    """A layer for each label; the first, which covers `share` of the frame, is likely the largest."""
    layers = []
    for label in labels:
        layer = _object(rng, stage, share, label)
        if layer is not None:
            layers.append(layer)
        share = max(min(0.01, share), share * rng.uniform(0.2, 1.0))
    return layers


def _object(rng: np.random.Generator, stage: Stage, share: float, label: int) -> Layer | None:
    """Something that covers `share` of the frame when it starts; None if no source was fit to cut."""
    config = stage.config
    for _ in range(SOURCE_TRIES):
        sprites = draw_sprites(rng, stage.library, stage.library.foregrounds.draw(rng), config.frames)
        if sprites is None:
            continue
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
            blur=rng.uniform(0.2, 0.6) if rng.random() < 0.2 else 0.0,
            shadow=_shadow(rng) if rng.random() < config.shadows else None,
        )
    return None


def _crowd(rng: np.random.Generator, stage: Stage, share: float) -> list[Layer]:
    """Many things of about one size, all background: what a pass sees of the objects of other passes."""
    drawn = [_object(rng, stage, share * rng.uniform(0.6, 1.5), 0) for _ in range(int(rng.integers(*CROWD)))]
    return [layer for layer in drawn if layer is not None]


def _shadow(rng: np.random.Generator) -> Shadow:
    return Shadow(shift=(rng.normal(0, 0.15), rng.uniform(0.0, 0.25)), strength=rng.uniform(0.2, 0.6))


def _leave(rng: np.random.Generator, layer: Layer) -> Layer:
    """The layer, outside the frame in one of the later frames."""
    centre = layer.path.centre.copy()
    centre[int(rng.integers(1, len(centre)))] += 3.0 * rng.choice([-1.0, 1.0], 2)
    return replace(layer, path=replace(layer.path, centre=centre))


def _twin(rng: np.random.Generator, stage: Stage, layer: Layer) -> Layer:
    """The same object elsewhere, which is background."""
    height, width = layer.sprites[0].shape[:2]
    extent = layer.scale * np.array([width / stage.size[1], height / stage.size[0]])
    heading = rng.uniform(0, 2 * np.pi)
    away = rng.uniform(0.8, 1.5) * extent * [np.cos(heading), np.sin(heading)]
    start = layer.path.centre[0] + away
    start = np.where((start < 0) | (start > 1), layer.path.centre[0] - away, start)
    alike = stage.step <= ALIKE_STEP and rng.random() < 0.5
    return replace(
        layer,
        sprites=layer.sprites if alike else tuple(_tint(rng, layer.sprites)),
        label=0,
        path=draw_path(rng, stage.times, (float(start[0]), float(start[1])), stage.step * rng.uniform(0.2, 1.0)),
        scale=layer.scale * rng.uniform(0.8, 1.2),
    )


def _tint(rng: np.random.Generator, sprites: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Sprites with a tint; colours stay multiplied by alpha, which bounds them."""
    matrix = np.diag([*np.exp(rng.normal(0, 0.25, 3)), 1.0]).astype(np.float32)
    done: dict[int, np.ndarray] = {}
    for sprite in sprites:
        if id(sprite) not in done:
            alpha = cv2.extractChannel(sprite, 3)
            done[id(sprite)] = cv2.min(cv2.transform(sprite, matrix), cv2.merge([alpha] * 4))
    return [done[id(sprite)] for sprite in sprites]


def pairs(rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int]) -> Frames | None:
    """One object a frame, all of one class or views of one thing, mostly each over its own background."""
    members: Sequence[LabelledImage | Cutout] = library.groups[library.group_keys.draw(rng)]
    chosen = rng.choice(len(members), config.frames, replace=len(members) < config.frames)
    share = log_uniform(rng, 0.03, 0.4)
    one_scene = bool(rng.random() < 0.3)
    scene = draw_scene(rng, library, config, size, 0)
    images, label_maps = [], []
    for number, member in enumerate(chosen):
        sprite = cut(rng, members[int(member)])
        if sprite is None:
            return None
        if number and not one_scene:
            scene = draw_scene(rng, library, config, size, 0)
        dressed = tuple(dress([sprite], draw_shift(rng, 0.5 * config.blemishes), False))
        start = (rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7))
        path = draw_path(rng, np.zeros(1), start, 0.0)
        layer = Layer(dressed, 1, path, scale_for(dressed, share * rng.uniform(0.6, 1.6), size))
        seen, labelled = _render(scene, [layer], np.eye(3)[None], None, size)
        images += seen
        label_maps += labelled
    return images, label_maps
