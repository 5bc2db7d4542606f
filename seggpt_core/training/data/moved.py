"""Labelled images moved as a whole, frames of real clips, and stitched images of one set of classes."""

from collections.abc import Sequence

import cv2
import numpy as np

from seggpt_core.training.data.camera import Shot, corners, covering, draw_move, draw_shutter, moved
from seggpt_core.training.data.composites import Frames
from seggpt_core.training.data.items import IGNORE
from seggpt_core.training.data.masks import choose_objects, object_box, to_masks
from seggpt_core.training.data.motion import about_centre, draw_elastic, draw_times, log_uniform
from seggpt_core.training.data.plan import FramePlan
from seggpt_core.training.data.scenes import backdrops
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.data.shards import Library

MAX_GAP = 8
"""Frames of a real clip are at most this far apart."""
STITCH_SIDE = 256
"""Pixels along the edge at which two images are stitched."""


def whole(rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int]) -> Frames | None:
    """One labelled image, seen anew in each frame; None if it holds no object of a fair size."""
    item = library.whole.draw(rng)
    image, labels = item.read()
    chosen = choose_objects(rng, labels, item.spec.mergeable, config.objects)
    if chosen is None:
        return None
    masks = to_masks(*chosen)
    if rng.random() < 0.5:
        image, masks = cv2.flip(image, 1), cv2.flip(masks, 1)
    times = draw_times(rng, config.frames)
    step = log_uniform(rng, 0.02, 0.5)
    elastic = (
        draw_elastic(rng, times, rng.uniform(0.0, 0.1), rng.uniform(0.3, 1.5))
        if rng.random() < config.elastic
        else None
    )
    crop = draw_crop(rng, object_box(masks), masks.shape, size, 2.0)
    if rng.random() < config.filmed:
        views = _filmed(rng, config, times, step, crop, image.shape, size)
    else:
        views = [[jolt(rng, step, size) @ crop] for _ in times]
    return tuple(FramePlan(backdrop) for backdrop in backdrops(image, masks, views, elastic))


def _filmed(
    rng: np.random.Generator,
    config: EngineConfig,
    times: np.ndarray,
    step: float,
    crop: np.ndarray,
    source: tuple[int, ...],
    size: tuple[int, int],
) -> list[list[np.ndarray]]:
    """Views for each frame of an image of (height, width, ...) that lies under `crop` (3, 3) before a moving camera."""
    shot = Shot(draw_move(rng, config, times, step, None), draw_shutter(rng, config), size)
    slope = rng.uniform(0.0, 0.4) if rng.random() < config.parallax else 0.0
    laid = covering(crop, source, shot.move, 1.0, size)
    points = moved(np.linalg.inv(laid), corners(size))

    def pose(moment: float) -> np.ndarray:
        return shot.move.seen(moment, 1.0, slope, size) @ laid

    return [shot.views(pose, points, number) for number in range(len(times))]


def clip(rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int]) -> Frames | None:
    """Frames of a real clip, 1 to 8 apart, forwards or backwards, all cropped alike; None if the clip is too short."""
    source = library.clips[int(rng.integers(len(library.clips)))]
    longest = min(MAX_GAP, (len(source.frames) - 1) // (config.frames - 1))
    if longest < 1:
        return None
    offsets = np.concatenate([[0], np.cumsum(rng.integers(1, longest + 1, config.frames - 1))])
    numbers = int(rng.integers(len(source.frames) - offsets[-1])) + offsets
    if rng.random() < 0.3:
        numbers = numbers[::-1]
    flip = bool(rng.random() < 0.5)
    read = []
    for number in numbers:
        image, labels = source.frames[int(number)].read()
        masks = to_masks(labels, config.objects)
        read.append((cv2.flip(image, 1), cv2.flip(masks, 1)) if flip else (image, masks))
    around = np.maximum.reduce([masks for _, masks in read])
    crop = draw_crop(rng, object_box(around), around.shape, size, 1.7)
    views = [[[jolt(rng, 0.02, size) @ crop]] for _ in read]
    seen = [backdrops(image, masks, view, None) for (image, masks), view in zip(read, views, strict=True)]
    return tuple(FramePlan(backdrop) for (backdrop,) in seen)


def mix(rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int]) -> Frames | None:
    """Each frame: two images of one set stitched, the same classes marked, then cropped.

    The paper's mix-context: what a colour means must be read from the prompts. None if the prompts
    and the first frame share no class.
    """
    members = library.semantic.draw(rng)
    pictures = [members[int(number)].read() for number in rng.integers(len(members), size=2 * config.frames)]
    present = [set(np.flatnonzero(np.bincount(labels.ravel())).tolist()) - {0, IGNORE} for _, labels in pictures]
    shared = sorted((present[0] | present[1]) & set().union(*present[2:]))
    if not shared:
        return None
    kept = rng.permutation(shared)[: int(rng.integers(1, config.objects + 1))]
    table = np.zeros(256, np.uint8)
    table[IGNORE] = IGNORE
    table[kept] = np.arange(1, len(kept) + 1)
    beside = bool(rng.random() < 0.5)
    frames = []
    for number in range(config.frames):
        image, masks = _stitch(pictures[2 * number : 2 * number + 2], table, len(kept), beside)
        view = jolt(rng, 0.15, size) @ draw_crop(rng, object_box(masks), masks.shape, size, 1.4)
        (backdrop,) = backdrops(image, masks, [[view]], None)
        frames.append(FramePlan(backdrop))
    return tuple(frames)


def _stitch(
    pictures: Sequence[tuple[np.ndarray, np.ndarray]], table: np.ndarray, objects: int, beside: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Two pictures beside each other or one above the other, scaled to one height or width."""
    images, masks = [], []
    for image, labels in pictures:
        scale = STITCH_SIDE / image.shape[0 if beside else 1]
        size = (
            (max(1, round(image.shape[1] * scale)), STITCH_SIDE)
            if beside
            else (STITCH_SIDE, max(1, round(image.shape[0] * scale)))
        )
        images.append(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
        masks.append(cv2.resize(to_masks(cv2.LUT(labels, table), objects), size, interpolation=cv2.INTER_AREA))
    axis = 1 if beside else 0
    return np.concatenate(images, axis), np.concatenate(masks, axis)


def draw_crop(
    rng: np.random.Generator,
    box: tuple[int, int, int, int],
    source: tuple[int, ...],
    size: tuple[int, int],
    zoom: float,
) -> np.ndarray:
    """(3, 3) map of the source to the frame: a crop around a point of `box`, up to `zoom` times enlarged.

    box: left, top, width, height in source pixels; source and size: (height, width).
    """
    height, width = source[:2]
    scale = max(size[0] / height, size[1] / width) * log_uniform(rng, 0.85, zoom)
    left, top, across, down = box
    middle = np.array([rng.triangular(left, left + across / 2, left + across + 1e-3), rng.uniform(top, top + down)])
    half = np.array([size[1], size[0]]) / scale / 2
    spare = np.array([width, height]) / 2
    low, high = np.minimum(half, spare), np.maximum(np.array([width, height]) - half, spare)
    middle = np.clip(middle, low, high)
    matrix = np.diag([scale, scale, 1.0])
    matrix[:2, 2] = np.array([size[1], size[0]]) / 2 - scale * middle
    return matrix


def jolt(rng: np.random.Generator, step: float, size: tuple[int, int]) -> np.ndarray:
    """(3, 3) map of the frame onto itself: shift, turn, zoom, stretch and perspective of about `step`."""
    shift = rng.normal(0, 0.3 * step, 2) * [size[1], size[0]]
    matrix = about_centre(float(np.exp(rng.normal(0, 0.4 * step))), rng.normal(0, 0.5 * step), shift, size)
    stretch = np.eye(3)
    stretch[:2, :2] += rng.normal(0, 0.15 * step, (2, 2))
    stretch[2, :2] = rng.normal(0, 0.15 * step, 2) / max(size)
    centre = np.eye(3)
    centre[:2, 2] = size[1] / 2, size[0] / 2
    return matrix @ centre @ stretch @ np.linalg.inv(centre)
