"""Labelled images moved as a whole, frames of real clips, and stitched images of one set of classes."""

from collections.abc import Sequence

import cv2
import numpy as np

from seggpt_core.training.data.composites import Frames
from seggpt_core.training.data.items import IGNORE, LabelledImage
from seggpt_core.training.data.motion import about_centre, draw_elastic, draw_times, log_uniform
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.data.shards import Library
from seggpt_core.training.data.warping import shrink, warp

LABELS_A_WARP = 4
"""OpenCV remaps up to four channels at once: three objects and the ignored pixels."""


def whole(rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int]) -> Frames | None:
    """One labelled image, seen anew in each frame; None if it holds no object of a fair size."""
    item = library.whole.draw(rng)
    image, labels = item.read()
    chosen = choose_objects(rng, labels, item.spec.cut == "merged" or item.spec.semantic, config.objects)
    if chosen is None:
        return None
    masks = to_masks(chosen, int(np.max(chosen, where=chosen < IGNORE, initial=1)))
    flip = bool(rng.random() < 0.5)
    if flip:
        image, masks = cv2.flip(image, 1), cv2.flip(masks, 1)
    times = draw_times(rng, config.frames)
    step = log_uniform(rng, 0.02, 0.5)
    elastic = draw_elastic(rng, times, rng.uniform(0.0, 0.03), rng.uniform(0.3, 1.5)) if rng.random() < 0.6 else None
    crop = draw_crop(rng, masks, size)
    images, label_maps = [], []
    for number in range(config.frames):
        view = jolt(rng, step, size) @ crop
        bend = None if elastic is None else elastic[number] * np.float32(min(image.shape[:2]))
        seen, known = look(image, masks, view, bend, size)
        images.append(seen)
        label_maps.append(known)
    return images, label_maps


def clip(rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int]) -> Frames | None:
    """Frames of a real clip in order, 1 to 8 apart, all cropped alike."""
    source = library.clips[int(rng.integers(len(library.clips)))]
    gaps = rng.integers(1, 9, config.frames - 1)
    span = int(gaps.sum())
    if span >= len(source.frames):
        return None
    first = int(rng.integers(len(source.frames) - span))
    numbers = first + np.concatenate([[0], np.cumsum(gaps)])
    flip = bool(rng.random() < 0.5)
    backwards = bool(rng.random() < 0.3)
    crop: np.ndarray | None = None
    images, label_maps = [], []
    for number in numbers[::-1] if backwards else numbers:
        image, labels = source.frames[int(number)].read()
        masks = to_masks(labels, config.objects)
        if flip:
            image, masks = cv2.flip(image, 1), cv2.flip(masks, 1)
        if crop is None:
            crop = draw_crop(rng, masks, size)
        seen, known = look(image, masks, jolt(rng, 0.01, size) @ crop, None, size)
        images.append(seen)
        label_maps.append(known)
    return images, label_maps


def mix(rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int]) -> Frames | None:
    """Each frame: two images of one set stitched, the same classes marked, then cropped (SegGPT, section 3.1)."""
    members = library.semantic.draw(rng)
    pictures = [members[int(number)].read() for number in rng.integers(len(members), size=2 * config.frames)]
    present = [set(np.unique(labels).tolist()) - {0, IGNORE} for _, labels in pictures]
    shared = sorted((present[0] | present[1]) & set.union(*present[2:]))
    if not shared:
        return None
    kept = rng.permutation(shared)[: int(rng.integers(1, config.objects + 1))]
    table = np.zeros(256, np.uint8)
    table[IGNORE] = IGNORE
    table[kept] = np.arange(1, len(kept) + 1)
    images, label_maps = [], []
    beside = bool(rng.random() < 0.5)
    for number in range(config.frames):
        image, masks = _stitch(pictures[2 * number : 2 * number + 2], table, beside)
        view = jolt(rng, 0.2, size) @ draw_crop(rng, masks, size)
        seen, known = look(image, masks, view, None, size)
        images.append(seen)
        label_maps.append(known)
    return images, label_maps


def _stitch(
    pictures: Sequence[tuple[np.ndarray, np.ndarray]], table: np.ndarray, beside: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Two pictures beside each other or one above the other, scaled to one height or width."""
    images, masks = [], []
    for image, labels in pictures:
        side = 256 / (image.shape[0] if beside else image.shape[1])
        size = (max(1, round(image.shape[1] * side)), max(1, round(image.shape[0] * side)))
        images.append(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
        masks.append(cv2.resize(to_masks(cv2.LUT(labels, table), int(table[:IGNORE].max())), size, interpolation=cv2.INTER_AREA))
    axis = 1 if beside else 0
    return np.concatenate(images, axis), np.concatenate(masks, axis)


def choose_objects(
    rng: np.random.Generator, labels: np.ndarray, may_merge: bool, objects: int
) -> np.ndarray | None:
    """(H, W) labels 0..n of n objects drawn from `labels`, 255 kept; larger ones are likelier.

    Where labels are parts or classes, all of them together are one object in half of the draws.
    """
    counts = np.bincount(labels.ravel(), minlength=256)
    counts[[0, IGNORE]] = 0
    counts[counts < 0.004 * labels.size] = 0
    present = np.flatnonzero(counts)
    if not len(present):
        return None
    table = np.zeros(256, np.uint8)
    table[IGNORE] = IGNORE
    covered = counts.sum() / labels.size
    if may_merge and rng.random() < 0.5 and covered < 0.7:
        table[1:IGNORE] = 1
        return cv2.LUT(labels, table)
    weights = np.sqrt(counts[present])
    count = min(len(present), 1 + int(rng.choice(objects)))
    chosen = rng.choice(present, count, replace=False, p=weights / weights.sum())
    table[chosen] = np.arange(1, count + 1)
    return cv2.LUT(labels, table)


def to_masks(labels: np.ndarray, objects: int) -> np.ndarray:
    """(H, W, objects + 1) uint8 0/255: a channel an object, then the ignored pixels; smooth to interpolate."""
    channels = [labels == value for value in (*range(1, objects + 1), IGNORE)]
    return np.dstack(channels).astype(np.uint8) * np.uint8(255)


def look(
    image: np.ndarray, masks: np.ndarray, view: np.ndarray, elastic: np.ndarray | None, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Image and labels through `view` (source to frame pixels); what lies outside the image is its mirror."""
    scale = float(np.sqrt(abs(np.linalg.det(view[:2, :2]))))
    small, left = shrink(image, scale)
    rest = np.diag([image.shape[1] / small.shape[1], image.shape[0] / small.shape[0], 1.0])
    fewer = masks if left == scale else cv2.resize(masks, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    bend = None if elastic is None else elastic * np.float32(small.shape[1] / image.shape[1])
    seen = warp(small, view @ rest, bend, size, cv2.BORDER_REFLECT_101)
    parts = [
        np.atleast_3d(warp(np.ascontiguousarray(part), view @ rest, bend, size, cv2.BORDER_REFLECT_101))
        for part in np.array_split(np.atleast_3d(fewer), -(-fewer.shape[-1] // LABELS_A_WARP), axis=2)
    ]
    return seen, from_masks(np.concatenate(parts, axis=2))


def from_masks(masks: np.ndarray) -> np.ndarray:
    """(H, W) uint8 labels of what `to_masks` gave."""
    labels = np.zeros(masks.shape[:2], np.uint8)
    for number in range(masks.shape[2] - 1):
        labels[masks[..., number] > 127] = number + 1
    labels[masks[..., -1] > 127] = IGNORE
    return labels


def draw_crop(rng: np.random.Generator, masks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(3, 3) map of the source to the frame: a random crop that has a part of the objects in it."""
    height, width = masks.shape[:2]
    cover = max(size[0] / height, size[1] / width)
    scale = cover * log_uniform(rng, 0.85, 2.0)
    objects = masks[..., :-1].max(2)
    rows, columns = np.flatnonzero(objects.any(1)), np.flatnonzero(objects.any(0))
    middle = np.array([width / 2, height / 2])
    if len(rows):
        middle = np.array([rng.uniform(columns[0], columns[-1]), rng.uniform(rows[0], rows[-1])])
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
    centre = about_centre(1.0, 0.0, np.array([size[1], size[0]]) / 2, size)
    return matrix @ centre @ stretch @ np.linalg.inv(centre)
