"""Moving backgrounds: photographs and labelled images behind the objects of a made clip."""

from dataclasses import dataclass

import cv2
import numpy as np

from seggpt_core.training.data.appearance import UNCHANGED, apply_colours, draw_shift
from seggpt_core.training.data.camera import Shot, corners, moved
from seggpt_core.training.data.items import Background
from seggpt_core.training.data.masks import choose_objects, from_masks, to_masks
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.data.shards import Library
from seggpt_core.training.data.warping import look


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

    def seen(self, shot: Shot, number: int, elastic: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Image (H, W, 3) and labels (H, W) of frame `number`. Beyond the borders lies the mirror image."""

        def pose(moment: float) -> np.ndarray:
            return shot.move.seen(moment, self.nearness, self.slope, shot.size) @ self.view

        views = shot.views(pose, moved(np.linalg.inv(self.view), corners(shot.size)), number)
        image, channels = look(self.image, self.masks, views, elastic, shot.size)
        return image, from_masks(channels) if channels else np.zeros(shot.size, np.uint8)


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
