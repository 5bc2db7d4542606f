"""Moving backgrounds: photographs and labelled images behind the objects of a made clip."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from seggpt_core.training.data.appearance import UNCHANGED, apply_colours, draw_shift
from seggpt_core.training.data.camera import Shot, corners, moved
from seggpt_core.training.data.items import Background
from seggpt_core.training.data.masks import choose_objects, to_masks
from seggpt_core.training.data.plan import Backdrop
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.data.shards import Library
from seggpt_core.training.data.warping import rest, scale_of, shrunk


@dataclass(frozen=True)
class Scene:
    """A background that has not been seen by a camera yet."""

    image: np.ndarray
    """(h, w, 3) uint8 RGB."""
    masks: np.ndarray | None
    """(h, w, n + 1) uint8 of `to_masks`: its own objects, then what is ignored; None if there is neither."""
    objects: int
    """Objects of its own, n."""
    view: np.ndarray
    """(3, 3) map of its pixels to the frame's; it covers the frame."""

    nearness: float = 1.0
    """How far it moves with the camera; things at 1 move as far as the camera says."""
    slope: float = 0.0
    """How much nearer its lower border is than its middle, and its upper border farther."""

    def backdrops(self, shot: Shot, elastic: np.ndarray | None) -> list[Backdrop]:
        """The scene in each frame of `shot`. elastic: (T, g, g, 2) displacements as shares of its size, or None."""

        def pose(moment: float) -> np.ndarray:
            return shot.move.seen(moment, self.nearness, self.slope, shot.size) @ self.view

        points = moved(np.linalg.inv(self.view), corners(shot.size))
        views = [shot.views(pose, points, number) for number in range(len(shot.move.shift))]
        return backdrops(self.image, self.masks, views, elastic)


def backdrops(
    image: np.ndarray, masks: np.ndarray | None, views: Sequence[Sequence[np.ndarray]], elastic: np.ndarray | None
) -> list[Backdrop]:
    """Image (h, w, 3) and masks (h, w, n + 1), both uint8, in frames that each see them through views of their own.

    views: maps (3, 3) of their pixels to the frame's, an odd number a frame. elastic: (T, g, g, 2) displacements as
    shares of their size, or None.
    """
    done: dict[tuple[int, int], np.ndarray] = {}
    made = []
    for number, through in enumerate(views):
        scale = scale_of(through[len(through) // 2])
        small = shrunk(image, scale, done)
        few = None if masks is None else shrunk(masks, scale, done)
        bend = None if elastic is None else elastic[number] * np.array(small.shape[1::-1], np.float32)
        made.append(Backdrop(small, np.stack(through) @ rest(image, small), few, bend))
    return made


def draw_scene(
    rng: np.random.Generator, library: Library, config: EngineConfig, size: tuple[int, int], objects: int
) -> Scene:
    """A background for frames of `size`; a labelled image sometimes keeps up to `objects` of its own."""
    source = library.scenes.draw(rng)
    masks, count = None, 0
    if isinstance(source, Background):
        image = source.read()
    else:
        image, labels = source.read()
        keeps = objects > 0 and source.spec.cut != "never" and rng.random() < config.scene_objects
        chosen = choose_objects(rng, labels, source.spec.mergeable, objects) if keeps else None
        if chosen is not None:
            masks, count = to_masks(*chosen), chosen[1]
    if rng.random() < 0.5:
        image = cv2.flip(image, 1)
        masks = None if masks is None else cv2.flip(masks, 1)
    shift = draw_shift(rng, 0.6 * config.blemishes) if rng.random() < 0.5 else UNCHANGED
    return Scene(apply_colours(image, shift), masks, count, _cover(rng, image.shape[:2], size))


def _cover(rng: np.random.Generator, source: tuple[int, ...], size: tuple[int, int]) -> np.ndarray:
    """(3, 3) map of a source of (height, width) to a frame that it covers, up to 1.5 times enlarged."""
    scale = max(size[0] / source[0], size[1] / source[1]) * rng.uniform(1.0, 1.5)
    slack = np.maximum(0.0, np.array([source[1] * scale - size[1], source[0] * scale - size[0]])) / 2
    middle = np.array([(source[1] - 1) / 2, (source[0] - 1) / 2])
    frame = np.array([(size[1] - 1) / 2, (size[0] - 1) / 2])
    matrix = np.diag([scale, scale, 1.0])
    matrix[:2, 2] = frame - scale * middle + rng.uniform(-1, 1, 2) * slack
    return matrix
