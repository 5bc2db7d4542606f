"""Made clips: cut-outs that move over a moving background."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from seggpt_core.training.data.appearance import UNCHANGED, apply_colours, draw_shift
from seggpt_core.training.data.items import Background, Cutout, LabelledImage
from seggpt_core.training.data.layers import Layer, paint, scale_for
from seggpt_core.training.data.motion import (
    about_centre,
    draw_camera,
    draw_elastic,
    draw_path,
    draw_times,
    log_uniform,
)
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.data.shards import Library
from seggpt_core.training.data.sprites import cut, draw_sprites, dress
from seggpt_core.training.data.warping import shrink, warp

Frames = tuple[list[np.ndarray], list[np.ndarray]]
"""Images (H, W, 3) and label maps (H, W), uint8, one a frame."""

SOURCE_TRIES = 10
ALIKE_STEP = 0.06
"""Twins that look exactly alike can only be told apart by place: faster ones differ a little in colour."""


def composite(rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int]) -> Frames | None:
    """One to three objects over a moving background, with twins and occluders; None if no object was found."""
    times = draw_times(rng, config.frames)
    step = log_uniform(rng, 0.01, 0.3)
    camera = draw_camera(rng, times, step * rng.uniform(0.1, 0.8), size)
    count = 1 + int(rng.choice(3, p=(0.5, 0.3, 0.2)))
    layers: list[Layer] = []
    share = log_uniform(rng, 0.015, 0.4)
    for label in range(1, min(count, config.objects) + 1):
        layer = _object(rng, library, config, size, times, step, share, label)
        if layer is not None:
            layers.append(layer)
        share = max(0.01, share * rng.uniform(0.2, 1.0))
    if not layers:
        return None
    if rng.random() < config.leaves:
        chosen = int(rng.integers(len(layers)))
        layers[chosen] = _leave(rng, layers[chosen])
    if rng.random() < config.twins:
        layers.append(_twin(rng, layers[int(rng.integers(len(layers)))], times, step, size))
    if rng.random() < config.occluders:
        other = _object(rng, library, config, size, times, step, log_uniform(rng, 0.01, 0.15), 0)
        layers += [] if other is None else [other]
    order = rng.permutation(len(layers))
    scene = draw_scene(rng, library, size, camera)
    return _render(scene, [layers[number] for number in order], camera, size)


def _render(scene: Sequence[np.ndarray], layers: Sequence[Layer], camera: np.ndarray, size: tuple[int, int]) -> Frames:
    images, label_maps = [], []
    for number, behind in enumerate(scene):
        image, labels = behind.copy(), np.zeros(size, np.uint8)
        for layer in layers:
            paint(layer, number, camera, image, labels)
        images.append(image)
        label_maps.append(labels)
    return images, label_maps


def _object(
    rng: np.random.Generator,
    library: Library,
    config: EngineConfig,
    size: tuple[int, int],
    times: np.ndarray,
    step: float,
    share: float,
    label: int,
) -> Layer | None:
    for _ in range(SOURCE_TRIES):
        sprites = draw_sprites(rng, library, library.foregrounds.draw(rng), config.frames)
        if sprites is None:
            continue
        shift = draw_shift(rng, 0.6 * config.blemishes) if rng.random() < 0.6 else UNCHANGED
        dressed = dress(sprites, shift, bool(rng.random() < 0.5))
        own = step * rng.uniform(0.2, 1.2)
        start = (rng.uniform(0.15, 0.85), rng.uniform(0.2, 0.85))
        elastic = None
        if rng.random() < config.elastic:
            elastic = draw_elastic(rng, times, rng.uniform(0.04, 0.3), rng.uniform(0.3, 1.5) * min(1.0, 8 * step))
        return Layer(
            sprites=tuple(dressed),
            label=label,
            path=draw_path(rng, times, start, own),
            scale=scale_for(dressed, share, size),
            elastic=elastic,
            blur=rng.uniform(0.2, 0.6) if rng.random() < 0.2 else 0.0,
        )
    return None


def _leave(rng: np.random.Generator, layer: Layer) -> Layer:
    """The layer, outside the frame in one of the later frames."""
    centre = layer.path.centre.copy()
    centre[int(rng.integers(1, len(centre)))] += 3.0 * np.sign(rng.normal(0, 1, 2))
    return replace(layer, path=replace(layer.path, centre=centre))


def _twin(
    rng: np.random.Generator, layer: Layer, times: np.ndarray, step: float, size: tuple[int, int]
) -> Layer:
    """The same object elsewhere, which is background."""
    height, width = layer.sprites[0].shape[:2]
    away = rng.uniform(0.8, 1.5) * layer.scale * np.array([width / size[1], height / size[0]])
    heading = rng.uniform(0, 2 * np.pi)
    start = layer.path.centre[0] + away * [np.cos(heading), np.sin(heading)]
    start = np.where((start < 0) | (start > 1), 2 * layer.path.centre[0] - start, start)
    sprites = layer.sprites
    if step > ALIKE_STEP or rng.random() < 0.5:
        sprites = tuple(_tint(sprites, rng))
    return replace(
        layer,
        sprites=sprites,
        label=0,
        path=draw_path(rng, times, (float(start[0]), float(start[1])), step * rng.uniform(0.2, 1.0)),
        scale=layer.scale * rng.uniform(0.8, 1.2),
    )


def _tint(sprites: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Sprites with a tint; colours stay multiplied by alpha, which bounds them."""
    gain = np.exp(rng.normal(0, 0.25, 3))
    matrix = np.diag([*gain, 1.0]).astype(np.float32)
    done: dict[int, np.ndarray] = {}
    for sprite in sprites:
        if id(sprite) not in done:
            tinted = cv2.transform(sprite, matrix)
            alpha = cv2.extractChannel(sprite, 3)
            done[id(sprite)] = cv2.min(tinted, cv2.merge([alpha] * 4))
    return [done[id(sprite)] for sprite in sprites]


def draw_scene(
    rng: np.random.Generator, library: Library, size: tuple[int, int], camera: np.ndarray
) -> list[np.ndarray]:
    """The background in each frame, (H, W, 3) uint8; beyond its borders it is mirrored."""
    source: Background | LabelledImage = library.scenes.draw(rng)
    image = source.read() if isinstance(source, Background) else source.read()[0]
    if rng.random() < 0.5:
        image = cv2.flip(image, 1)
    if rng.random() < 0.5:
        image = apply_colours(image, draw_shift(rng, 0.6))
    cover = max(size[0] / image.shape[0], size[1] / image.shape[1]) * rng.uniform(1.0, 1.5)
    image, scale = shrink(image, cover)
    slack = np.maximum(0.0, np.array([image.shape[1], image.shape[0]]) * scale - [size[1], size[0]]) / 2
    base = _centred(image.shape[:2], scale, rng.uniform(-1, 1, 2) * slack, size)
    return [
        warp(image, matrix @ base, None, size, cv2.BORDER_REFLECT_101)
        for matrix in camera
    ]


def _centred(source: tuple[int, ...], scale: float, shift: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(3, 3) map that lays the source's middle on the frame's, at `scale`, then shifts it by pixels."""
    middle = np.array([(source[1] - 1) / 2, (source[0] - 1) / 2])
    frame = np.array([(size[1] - 1) / 2, (size[0] - 1) / 2])
    matrix = np.diag([scale, scale, 1.0])
    matrix[:2, 2] = frame - scale * middle + shift
    return matrix


def pairs(rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int]) -> Frames | None:
    """One object a frame, all of one class or views of one thing, each over its own background."""
    members: Sequence[LabelledImage | Cutout] = library.groups[library.group_keys.draw(rng)]
    chosen = rng.choice(len(members), config.frames, replace=len(members) < config.frames)
    share = log_uniform(rng, 0.03, 0.4)
    times = np.zeros(config.frames)
    images, label_maps = [], []
    one_scene = rng.random() < 0.3
    still = np.stack([about_centre(1.0, 0.0, np.zeros(2), size)] * config.frames)
    scene = draw_scene(rng, library, size, still)
    for number, member in enumerate(chosen):
        sprite = cut(rng, members[int(member)])
        if sprite is None:
            return None
        sprites = tuple(dress([sprite] * config.frames, draw_shift(rng, 0.5 * config.blemishes), False))
        start = (rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7))
        path = draw_path(rng, times, start, 0.0)
        layer = Layer(sprites, 1, path, scale_for(sprites, share * rng.uniform(0.6, 1.6), size))
        if not one_scene and number:
            scene = draw_scene(rng, library, size, still)
        image, labels = scene[number].copy(), np.zeros(size, np.uint8)
        paint(layer, number, still, image, labels)
        images.append(image)
        label_maps.append(labels)
    return images, label_maps
