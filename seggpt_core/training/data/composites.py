"""Made clips: cut-outs that move over a moving background."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from seggpt_core.training.data.appearance import draw_shift
from seggpt_core.training.data.camera import Shot, covering, draw_move, draw_shutter, still_shot
from seggpt_core.training.data.cast import (
    Stage,
    away,
    crossing,
    draw_crowd,
    draw_near,
    draw_object,
    draw_objects,
    draw_twin,
)
from seggpt_core.training.data.items import Cutout, LabelledImage
from seggpt_core.training.data.layers import Layer, scale_for, stickers
from seggpt_core.training.data.motion import draw_elastic, draw_path, draw_times, log_uniform
from seggpt_core.training.data.plan import FramePlan
from seggpt_core.training.data.scenes import Scene, draw_scene
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.data.shards import Library
from seggpt_core.training.data.sprites import cut, dress

Frames = tuple[FramePlan, ...]
"""What a maker draws: the frames of a clip in order of time."""


def composite(rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int]) -> Frames | None:
    """Objects over a moving background, with twins, occluders and crowds; None if no object was found."""
    stage = Stage(library, config, size, draw_times(rng, config.frames), log_uniform(rng, 0.015, 0.4))
    crowded = bool(rng.random() < config.crowds)
    share = log_uniform(rng, 0.006, 0.06) if crowded else log_uniform(rng, 0.015, 0.4)
    count = min(1 + int(rng.choice(3, p=(0.2, 0.3, 0.5) if crowded else (0.5, 0.3, 0.2))), config.objects)
    scene = draw_scene(rng, library, config, size, count)
    cast = draw_objects(rng, stage, range(scene.objects + 1, count + 1), share)
    if not cast and not scene.objects:
        return None
    followed = cast[0].path.centre if cast and rng.random() < config.follows else None
    move = draw_move(rng, config, stage.times, stage.step * rng.uniform(0.1, 0.8), followed)
    shot = Shot(move, draw_shutter(rng, config), size)
    layers = _absences(rng, stage, cast)
    present = [layer for layer, drawn in zip(layers, cast, strict=True) if layer is drawn]
    layers += _others(rng, stage, present, not cast)
    if crowded:
        herd = present[0] if present and rng.random() < config.herds else None
        layers += draw_crowd(rng, stage, share, herd)
    layers = [layers[number] for number in rng.permutation(len(layers))]
    near = draw_near(rng, stage) if rng.random() < config.near else None
    if rng.random() < config.parallax:
        scene, layers = _at_depths(rng, scene, layers)
    scene = replace(scene, view=covering(scene.view, scene.image.shape, move, scene.nearness, size))
    elastic = None
    if rng.random() < config.scene_elastic:
        elastic = draw_elastic(rng, stage.times, rng.uniform(0.02, 0.12), rng.uniform(0.3, 1.5))
    return _frames(scene, layers if near is None else [*layers, near], shot, elastic)


def _absences(rng: np.random.Generator, stage: Stage, cast: list[Layer]) -> list[Layer]:
    """The objects, of which one may leave, and one may be away for a while."""
    frames, layers = stage.config.frames, list(cast)
    if layers and rng.random() < stage.config.leaves:
        chosen = int(rng.integers(len(layers)))
        layers[chosen] = away(rng, layers[chosen], range(int(rng.integers(1, frames)), frames), stage.size)
    elif layers and frames > 2 and rng.random() < stage.config.returns:
        chosen = int(rng.integers(len(layers)))
        start = int(rng.integers(1, frames - 1))
        absent = range(start, int(rng.integers(start + 1, frames)))
        layers[chosen] = away(rng, layers[chosen], absent, stage.size)
    return layers


def _others(rng: np.random.Generator, stage: Stage, present: list[Layer], empty: bool) -> list[Layer]:
    """A look-alike of one of the objects that are never gone, and something else, surely so in an `empty` scene.

    Both are background. A look-alike in the place of an object that is gone could not be told from it.
    """
    layers = []
    if present and rng.random() < stage.config.twins:
        layers.append(draw_twin(rng, stage, present[int(rng.integers(len(present)))], 0))
    if rng.random() < stage.config.occluders or empty:
        other = draw_object(rng, stage, log_uniform(rng, 0.01, 0.15), 0)
        if other is not None and present and rng.random() < stage.config.crossings:
            met = present[int(rng.integers(len(present)))].path
            other = replace(other, path=crossing(rng, other.path, met, stage.times))
        layers += [] if other is None else [other]
    return layers


def _at_depths(rng: np.random.Generator, scene: Scene, layers: Sequence[Layer]) -> tuple[Scene, list[Layer]]:
    """The scene far away, maybe nearer at the bottom, and the layers, back to front, ever nearer."""
    depths = np.sort(rng.uniform(0.8, 1.4, len(layers)))
    placed = [replace(layer, nearness=float(depth)) for layer, depth in zip(layers, depths, strict=True)]
    slope = rng.uniform(0.0, 0.5) if rng.random() < 0.5 else 0.0
    return replace(scene, nearness=rng.uniform(0.25, 0.9), slope=slope), placed


def _frames(scene: Scene, layers: Sequence[Layer], shot: Shot, elastic: np.ndarray | None) -> Frames:
    placed = [stickers(layer, shot) for layer in layers]
    return tuple(
        FramePlan(backdrop, tuple(layer[number] for layer in placed))
        for number, backdrop in enumerate(scene.backdrops(shot, elastic))
    )


def pairs(rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int]) -> Frames | None:
    """One object a frame, all of one class or views of one thing, mostly each over its own background."""
    members: Sequence[LabelledImage | Cutout] = library.groups[library.group_keys.draw(rng)]
    chosen = rng.choice(len(members), config.frames, replace=len(members) < config.frames)
    share = log_uniform(rng, 0.03, 0.4)
    one_scene = bool(rng.random() < 0.3)
    scene = draw_scene(rng, library, config, size, 0)
    frames: list[FramePlan] = []
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
        frames += _frames(scene, [layer], still_shot(size), None)
    return tuple(frames)
