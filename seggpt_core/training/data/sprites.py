"""Sprites: objects with soft alpha, one picture a frame, ready to be pasted."""

from collections.abc import Sequence

import cv2
import numpy as np

from seggpt_core.training.data.appearance import ColourShift, apply_colours
from seggpt_core.training.data.items import IGNORE, Cutout, CutoutSequence, LabelledImage, count_labels
from seggpt_core.training.data.shards import Library, Source

MIN_PIXELS = 300
"""Smaller labelled objects are too coarse to be cut out and pasted."""


def draw_sprites(rng: np.random.Generator, library: Library, source: Source, frames: int) -> list[np.ndarray] | None:
    """One (h, w, 4) uint8 RGBA sprite a frame, of one object; None if the source holds nothing fit to cut.

    An animated cut-out plays forwards or backwards; an object with several views turns in half of the draws.
    """
    if isinstance(source, CutoutSequence):
        return _play(rng, source, frames)
    if isinstance(source, LabelledImage) and source.group is not None and rng.random() < 0.5:
        views = library.groups.get(f"{source.set_name}/{source.group}", ())
        if len(views) > 1:
            return _turn(rng, source, views, frames)
    sprite = cut(rng, source)
    return None if sprite is None else [sprite] * frames


def cut(rng: np.random.Generator, source: LabelledImage | Cutout) -> np.ndarray | None:
    """An object of `source` as (h, w, 4) uint8 RGBA, cropped to its alpha; None if it is too small."""
    if isinstance(source, Cutout):
        return crop_to_alpha(source.read())
    image, labels = source.read()
    mask = _pick_mask(rng, labels, source.spec.cut)
    if mask is None:
        return None
    if rng.random() < 0.5:
        mask = _pared(mask)
    alpha = cv2.GaussianBlur(mask * np.uint8(255), (0, 0), rng.uniform(0.6, 1.2))
    return crop_to_alpha(cv2.merge([*cv2.split(image), alpha]))


def _pared(mask: np.ndarray) -> np.ndarray:
    """The mask (H, W) 0/1 less its rim, which often shows what is behind; parts too thin for a rim stay."""
    square = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.erode(mask, square) | cv2.morphologyEx(mask, cv2.MORPH_TOPHAT, square))


def _pick_mask(rng: np.random.Generator, labels: np.ndarray, how: str) -> np.ndarray | None:
    """(H, W) uint8 0/1: one label, the larger the likelier, or all of them."""
    if how == "merged":
        mask = ((labels > 0) & (labels < IGNORE)).astype(np.uint8)
        return mask if int(mask.sum()) >= MIN_PIXELS else None
    counts = count_labels(labels)[1:IGNORE].astype(float)
    counts[counts < MIN_PIXELS] = 0
    if not counts.any():
        return None
    weights = np.sqrt(counts)
    label = 1 + int(rng.choice(len(weights), p=weights / weights.sum()))
    return (labels == label).astype(np.uint8)


def crop_to_alpha(sprite: np.ndarray) -> np.ndarray | None:
    """The sprite's visible part with two clear pixels around it; None if hardly anything is visible."""
    left, top, width, height = cv2.boundingRect((sprite[..., 3] > 8).view(np.uint8))
    if width < 8 or height < 8:
        return None
    box = sprite[top : top + height, left : left + width]
    return cv2.copyMakeBorder(box, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))


def _play(rng: np.random.Generator, source: CutoutSequence, frames: int) -> list[np.ndarray] | None:
    """Frames of the animation, evenly apart, round and round; all keep the animation's own frame."""
    step = int(rng.choice([-2, -1, 1, 2]))
    start = int(rng.integers(len(source.frames)))
    sprites = [source.read((start + step * number) % len(source.frames)) for number in range(frames)]
    visible = np.max([sprite[..., 3] for sprite in sprites], axis=0)
    return sprites if int((visible > 127).sum()) >= MIN_PIXELS else None


def _turn(
    rng: np.random.Generator, source: LabelledImage, views: Sequence[LabelledImage | Cutout], frames: int
) -> list[np.ndarray] | None:
    """Neighbouring views of the object, in order of their names (elevation, then azimuth)."""
    start = [view.name for view in views].index(source.name)
    step = int(rng.choice([-1, 1]))
    sprites = [cut(rng, views[(start + step * number) % len(views)]) for number in range(frames)]
    return None if any(sprite is None for sprite in sprites) else [sprite for sprite in sprites if sprite is not None]


def dress(sprites: Sequence[np.ndarray], shift: ColourShift, mirrored: bool) -> list[np.ndarray]:
    """Sprites with changed colours, mirrored or not, and colours multiplied by alpha.

    Multiplied colours can be interpolated without a dark or bright fringe.
    """
    done: dict[int, np.ndarray] = {}
    for sprite in sprites:
        if id(sprite) not in done:
            done[id(sprite)] = _dress_one(sprite, shift, mirrored)
    return [done[id(sprite)] for sprite in sprites]


def _dress_one(sprite: np.ndarray, shift: ColourShift, mirrored: bool) -> np.ndarray:
    colours = apply_colours(np.ascontiguousarray(sprite[..., :3]), shift)
    alpha = np.ascontiguousarray(sprite[..., 3])
    weighted = cv2.multiply(colours, cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB), scale=1 / 255)
    merged = cv2.merge([*cv2.split(weighted), alpha])
    return cv2.flip(merged, 1) if mirrored else merged
