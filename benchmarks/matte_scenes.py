"""Made clips whose alpha is known: cut-outs with soft edges that move over a moving background."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from seggpt_core.training.data.items import Background, Cutout
from seggpt_core.training.data.shards import Library
from vos.types import Image, Plane

_SOFT_SETS = ("cutouts_fluent3d", "cutouts_openclipart", "cutouts_tuxpaint", "cutouts_wesnoth")
"""Sets whose alpha was drawn or rendered, not cut by hand to whole pixels."""
_LEAST_SIDE = 150
_OBJECT_SHARE = 0.65
"""Height of an object in heights of the picture."""
_NOISE = 2.0
"""Standard deviation of the camera's noise, in grey levels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """One picture and the alpha of the object in it."""

    image: Image
    alpha: Plane


class NoCutouts(Exception):
    """The data hold no cut-outs with soft edges, or no backgrounds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """A cut-out and what lies behind it; everything else follows from the number."""

    cutout: Cutout
    background: Background
    number: int

    def shots(self, frames: int, size: tuple[int, int]) -> Iterator[Shot]:
        """size: (height, width) in pixels."""
        rng = np.random.default_rng(self.number)
        sprite = _premultiplied(self.cutout.read())
        ground = _ground(self.background.read(), size)
        turn, start, speed = rng.uniform(-2, 2), rng.uniform(0.35, 0.65, 2), rng.uniform(-0.012, 0.012, 2)
        for index in range(frames):
            place = (start + speed * index) * size[::-1]
            warped = _placed(sprite, place, turn * index, size)
            alpha = np.clip(warped[..., 3], 0, 1)
            shift = np.array([[1, 0, -2.0 * index], [0, 1, -1.0 * index]], np.float32)
            behind = cv2.warpAffine(ground, shift, size[::-1], flags=cv2.INTER_LINEAR)
            blend = warped[..., :3] + (1 - alpha[..., None]) * behind
            noisy = blend + rng.normal(0, _NOISE, blend.shape)
            yield Shot(image=np.clip(np.rint(noisy), 0, 255).astype(np.uint8), alpha=alpha)


def scenes(data: Path, count: int) -> list[Scene]:
    """`count` scenes out of the tar shards of a folder, the same every time. Raises NoCutouts."""
    library = Library.open([data / "cutouts.tar", data / "backgrounds.tar"])
    sets = {name: [one for one in library.cutouts if one.set_name == name] for name in _SOFT_SETS}
    grounds = [one for one in library.backgrounds if one.set_name == "backgrounds"]
    if not any(sets.values()) or not grounds:
        raise NoCutouts(f"{data}: needs cut-outs of {', '.join(_SOFT_SETS)} and backgrounds")
    rng = np.random.default_rng(0)
    order = [[items[place] for place in rng.permutation(len(items))] for items in sets.values() if items]
    mixed = (one for turn in zip_longest(*order) for one in turn if one is not None)  # in turn, as long as each lasts
    chosen = list(islice((one for one in mixed if _has_soft_edge(one.read())), count))
    if len(chosen) < count:
        raise NoCutouts(f"{data}: has {len(chosen)} cut-outs with soft edges; {count} are asked for")
    return [
        Scene(cutout=cutout, background=grounds[int(rng.integers(len(grounds)))], number=number)
        for number, cutout in enumerate(chosen)
    ]


def _has_soft_edge(rgba: npt.NDArray[np.uint8]) -> bool:
    alpha = rgba[..., 3]
    levels = np.count_nonzero(np.bincount(alpha.ravel(), minlength=256))
    return bool(min(alpha.shape) >= _LEAST_SIDE and levels > 64 and 0.1 < (alpha > 127).mean() < 0.95)


def _premultiplied(rgba: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(H, W, 4) colours 0..255 times alpha, and alpha 0..1, with an empty margin."""
    alpha = rgba[..., 3:].astype(np.float32) / 255
    values = np.concatenate([rgba[..., :3] * alpha, alpha], axis=2).astype(np.float32)
    return np.pad(values, ((4, 4), (4, 4), (0, 0)))


def _ground(image: Image, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """The picture, large enough to pan over."""
    scale = 1.3 * max(size[0] / image.shape[0], size[1] / image.shape[1])
    large = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return large.astype(np.float32)


def _placed(
    sprite: npt.NDArray[np.float32], place: npt.NDArray[np.float64], angle: float, size: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """The sprite with its middle at `place` (x, y), turned by `angle` degrees."""
    height, width = sprite.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, _OBJECT_SHARE * size[0] / height)
    matrix[:, 2] += place - (width / 2, height / 2)
    return cv2.warpAffine(sprite, matrix, size[::-1], flags=cv2.INTER_LINEAR)
