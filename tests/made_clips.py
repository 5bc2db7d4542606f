"""Made clips with exact truth: textured objects that move over a textured ground.

Everything follows from the seed. Sizes are (height, width) in pixels, points and directions (x, y).
"""

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vos.types import Image, LabelMap

Floats = npt.NDArray[np.floating]

_SIDE = 128
"""Side of a sprite's own picture."""
_PATTERNS = ("stripes", "checks", "spots", "rings", "patches")
_PIXEL_NOISE = 2.0
"""Standard deviation of the camera's noise, in grey levels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeClip:
    """Pictures (H, W, 3) uint8 RGB, and (H, W) uint8 ids as long."""

    frames: list[Image]
    labels: list[LabelMap]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mover:
    """A sprite and where it is in every frame."""

    sprite: Floats
    """(128, 128, 4) RGB in 0..255 and alpha in 0..1, filling a circle."""
    centres: Floats
    """(frames, 2) in pixels."""
    diameters: Floats
    """(frames,) in pixels."""
    angles: Floats
    """(frames,) in degrees."""
    identity: int
    """The id it is labelled with; 0 for a thing that is background."""


def moving_objects(objects: int, frames: int = 60, size: tuple[int, int] = (360, 640), seed: int = 0) -> MadeClip:
    """Objects of distinct looks, ids from 1, that circle on one lane, or on two in opposite directions.

    They never overlap, and travel several times their own width, so that the first mask soon fits nothing.
    """
    rng = np.random.default_rng(seed)
    lanes = [objects] if objects <= 12 else [objects - round(0.4 * objects), round(0.4 * objects)]
    width = size[0] / (2.9 if len(lanes) == 1 else 4.25)
    movers: list[Mover] = []
    for lane, count in enumerate(lanes):
        path = _racetrack(size, margin=(0.5 + lane) * 1.04 * width)
        length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
        diameter = min(0.9 * width, 0.86 * length / count)
        travel = (-1) ** lane * 2.6 * diameter * np.linspace(0, 1, frames) ** 1.1
        for place in range(count):
            identity = len(movers) + 1
            sprite = make_sprite(rng, hue=identity * 0.381966, pattern=_PATTERNS[identity % 5])
            centres = _along(path, place * length / count + travel)
            movers.append(_wobbling(rng, sprite, centres, diameter, identity))
    return render(rng, movers, frames, size)


def with_distractor(frames: int = 60, size: tuple[int, int] = (360, 640), seed: int = 0) -> MadeClip:
    """One object, id 1, and another of the same colours and pattern, which is background, on paths that keep apart."""
    rng = np.random.default_rng(seed)
    hue, pattern = rng.random(), _PATTERNS[seed % 5]
    height, width = size
    time = np.linspace(0, 1, frames)
    mine = np.stack([width * (0.2 + 0.55 * time), height * (0.3 + 0.08 * np.sin(5 * time))], axis=1)
    other = np.stack([width * (0.8 - 0.5 * time), height * (0.75 + 0.06 * np.sin(4 * time + 1))], axis=1)
    movers = [
        _wobbling(rng, make_sprite(rng, hue, pattern), centres, 0.36 * height, identity)
        for centres, identity in [(mine, 1), (other, 0)]
    ]
    return render(rng, movers, frames, size)


def leaving_and_returning(frames: int = 60, size: tuple[int, int] = (360, 640), seed: int = 0) -> MadeClip:
    """Object 1 leaves at the left after a third of the frames and comes back there for the last; object 2 stays."""
    rng = np.random.default_rng(seed)
    height, width = size
    diameter = 0.4 * height
    time = np.linspace(0, 1, frames)
    away = np.interp(time, [0, 0.3, 0.35, 0.65, 0.7, 1], [0.45, -0.05, -0.3, -0.3, -0.05, 0.4]) * width
    leaving = np.stack([away, height * np.where(time < 0.5, 0.3, 0.6)], axis=1)
    staying = np.stack([width * (0.75 + 0.1 * np.sin(5 * time)), height * (0.5 + 0.2 * np.sin(4 * time))], axis=1)
    movers = [
        _wobbling(rng, make_sprite(rng, hue, pattern), centres, diameter, identity)
        for centres, identity, hue, pattern in [(leaving, 1, 0.07, "spots"), (staying, 2, 0.6, "stripes")]
    ]
    return render(rng, movers, frames, size)


def render(rng: np.random.Generator, movers: Sequence[Mover], frames: int, size: tuple[int, int]) -> MadeClip:
    """Draw movers in order, later ones on top, over a ground that drifts as a hand-held camera does."""
    ground = _ground(rng, (size[0] + 64, size[1] + 64))
    clip = MadeClip(frames=[], labels=[])
    for index in range(frames):
        drift = 32 + 28 * np.sin(np.array([0.035, 0.05]) * index)
        shift = np.array([[1, 0, -drift[0]], [0, 1, -drift[1]]], dtype=np.float32)
        picture = cv2.warpAffine(ground, shift, size[::-1], flags=cv2.INTER_LINEAR)
        labels = np.zeros(size, dtype=np.uint8)
        for mover in movers:
            _draw(picture, labels, mover, index)
        noisy = picture + _PIXEL_NOISE * rng.standard_normal(picture.shape, dtype=np.float32)
        clip.frames.append(np.clip(noisy + 0.5, 0, 255).astype(np.uint8))
        clip.labels.append(labels)
    return clip


def make_sprite(rng: np.random.Generator, hue: float, pattern: str) -> Floats:
    """A lit blob of three colours round a hue, with one of the patterns; its outline and details are random."""
    y, x = np.mgrid[-1 : 1 : _SIDE * 1j, -1 : 1 : _SIDE * 1j].astype(np.float32)
    noise = smooth_noise(rng, (_SIDE, _SIDE), 4)
    colours = [_rgb(hue, 0.75, 0.85), _rgb(hue + 0.08, 0.6, 0.6), _rgb(hue + 0.45, 0.55, 0.95)]
    mark = _pattern(rng, pattern, x + 0.15 * noise, y - 0.15 * noise)[..., None]
    shade = np.clip(0.5 + 0.9 * noise, 0, 1)[..., None]
    surface = (1 - mark) * ((1 - shade) * colours[0] + shade * colours[1]) + mark * colours[2]
    light = 1.05 - 0.45 * np.clip((x + 0.4) ** 2 + (y + 0.4) ** 2, 0, 1.6) ** 0.8
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    outline = np.ones_like(radius)
    for lobes in (2, 3, 4, 5):
        outline += rng.uniform(0.02, 0.1) * np.cos(lobes * angle + rng.uniform(0, 2 * np.pi)).astype(np.float32)
    inside = np.clip((0.97 * outline / outline.max() - radius) * _SIDE / 2 + 0.5, 0, 1)
    return np.concatenate([surface * light[..., None], inside[..., None]], axis=2).astype(np.float32)


def smooth_noise(rng: np.random.Generator, size: tuple[int, int], cells: int) -> Floats:
    """Noise of several octaves, mean 0 and standard deviation about 0.3; `cells` blobs across in the coarsest."""
    total = np.zeros(size, dtype=np.float32)
    for octave in range(4):
        grid = rng.normal(0, 0.4 / 1.7**octave, (cells * 2**octave, cells * 2**octave)).astype(np.float32)
        total += cv2.resize(grid, size[::-1], interpolation=cv2.INTER_CUBIC)
    return total


def _pattern(rng: np.random.Generator, name: str, x: Floats, y: Floats) -> Floats:
    """Where the third colour shows, 0..1, with soft edges."""
    turn, phase, frequency = rng.uniform(0, np.pi), rng.uniform(0, 6), rng.uniform(8, 13)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    wave = {
        "stripes": np.sin(frequency * u + phase),
        "checks": 2 * np.sin(0.8 * frequency * u + phase) * np.sin(0.8 * frequency * v),
        "spots": np.sin(frequency * u + phase) + np.sin(frequency * v) - 0.7,
        "rings": np.sin(1.2 * frequency * np.hypot(u - 0.2, v) + phase),
        "patches": 4 * smooth_noise(rng, x.shape, 5) - 0.4,
    }[name]
    return np.clip(0.5 + 3 * wave, 0, 1).astype(np.float32)


def _ground(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """A muted, uneven ground with patches like grass, earth and stones."""
    grain, lie, stones = (smooth_noise(rng, size, cells) for cells in (16, 3, 9))
    low, high, third = _rgb(rng.random(), 0.22, 0.38), _rgb(rng.random(), 0.18, 0.55), _rgb(rng.random(), 0.12, 0.68)
    blend = np.clip(0.5 + 1.2 * lie, 0, 1)[..., None]
    stone = np.clip((stones - 0.35) * 8, 0, 1)[..., None]
    return ((1 - stone) * ((1 - blend) * low + blend * high) + stone * third) * (1 + 0.25 * grain[..., None])


def _draw(picture: Floats, labels: LabelMap, mover: Mover, index: int) -> None:
    """Blend the sprite in, touching only the square it fills."""
    scale = float(mover.diameters[index]) / _SIDE
    side = int(np.ceil(1.5 * mover.diameters[index]))
    corner = np.floor(mover.centres[index]).astype(int) - side // 2
    matrix = cv2.getRotationMatrix2D((_SIDE / 2, _SIDE / 2), float(mover.angles[index]), scale)
    matrix[:, 2] += mover.centres[index] - corner - _SIDE / 2
    warped = cv2.warpAffine(mover.sprite, matrix, (side, side), flags=cv2.INTER_LINEAR)
    left, top = np.maximum(corner, 0)
    right, bottom = np.minimum(corner + side, labels.shape[::-1])
    if right <= left or bottom <= top:
        return
    seen = warped[top - corner[1] : bottom - corner[1], left - corner[0] : right - corner[0]]
    place, alpha = np.s_[top:bottom, left:right], seen[..., 3:]
    picture[place] = (1 - alpha) * picture[place] + alpha * seen[..., :3]
    labels[place][seen[..., 3] > 0.5] = mover.identity


def _wobbling(rng: np.random.Generator, sprite: Floats, centres: Floats, diameter: float, identity: int) -> Mover:
    """Turning by up to 30 degrees and breathing by 7 %, each in its own rhythm."""
    index = np.arange(len(centres))
    sway, breath = (np.sin(rng.uniform(0.04, 0.1) * index + rng.uniform(0, 6)) for _ in range(2))
    return Mover(
        sprite=sprite, centres=centres, diameters=diameter * (0.93 + 0.07 * breath), angles=30 * sway, identity=identity
    )


def _racetrack(size: tuple[int, int], margin: float) -> Floats:
    """A closed path, (points, 2): the frame's outline, `margin` inside of it, with rounded corners."""
    height, width = size[0] - 2 * margin, size[1] - 2 * margin
    bend = min(height, width) / 2
    turns = np.linspace(0, np.pi / 2, 40)
    corners = [(width, height), (0, height), (0, 0), (width, 0)]
    points = []
    for quarter, corner in enumerate(corners):
        centre = np.clip(np.array(corner), bend, [width - bend, height - bend])
        angle = turns + quarter * np.pi / 2
        points.append(centre + bend * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    closed = np.concatenate([*points, points[0][:1]])
    return closed + margin


def _along(path: Floats, distance: Floats) -> Floats:
    """Points (n, 2) at these distances along a closed path."""
    travelled = np.concatenate([[0], np.linalg.norm(np.diff(path, axis=0), axis=1).cumsum()])
    wrapped = distance % travelled[-1]
    return np.stack([np.interp(wrapped, travelled, path[:, axis]) for axis in range(2)], axis=1)


def _rgb(hue: float, saturation: float, value: float) -> Floats:
    return 255 * np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value), dtype=np.float32)
