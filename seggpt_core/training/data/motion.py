"""Paths through a clip: times of the frames, poses of objects, drift of the camera, elastic motion."""

from dataclasses import dataclass

import numpy as np


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A number in [low, high] whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def draw_times(rng: np.random.Generator, frames: int) -> np.ndarray:
    """(T,) times from 0 with gaps of very different lengths; the longest gap is 1.

    A memory holds frames both near the query and far from it.
    """
    gaps = np.exp(rng.uniform(np.log(0.15), 0.0, frames - 1))
    if frames > 1:
        gaps /= gaps.max()
    return np.concatenate([[0.0], np.cumsum(gaps)])


@dataclass(frozen=True)
class Path:
    """Where something is in each frame. All arrays are (T, ...)."""

    centre: np.ndarray
    """(T, 2) x and y as shares of the frame's width and height."""
    scale: np.ndarray
    """(T,) size as a factor of its size at the start."""
    angle: np.ndarray
    """(T,) radians."""
    stretch: np.ndarray
    """(T,) width over height, relative to its own aspect."""


def draw_path(rng: np.random.Generator, times: np.ndarray, start: tuple[float, float], step: float) -> Path:
    """A smooth path from `start` (shares of the frame) that moves about `step` of the frame in unit time."""
    heading = rng.uniform(0, 2 * np.pi)
    velocity = step * np.array([np.cos(heading), 0.7 * np.sin(heading)])
    bend = step * rng.normal(0, 0.3, 2)
    wobble = step * rng.normal(0, 0.15, (len(times), 2)) * (times > 0)[:, None]
    centre = np.asarray(start) + times[:, None] * velocity + times[:, None] ** 2 * bend + wobble
    turn = min(1.0, 4 * step * log_uniform(rng, 0.5, 4.0))
    scale = np.exp(times * rng.normal(0, 0.25 * turn) + rng.normal(0, 0.02, len(times)))
    angle = rng.normal(0, 0.12) + times * rng.normal(0, 0.3 * turn)
    stretch = np.exp(rng.normal(0, 0.08) + times * rng.normal(0, 0.12 * turn))
    return Path(centre, np.clip(scale, 0.4, 2.5), angle, stretch)


def place(path: Path, frame: int, scale: float, sprite: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """(3, 3) map from a sprite's pixels to the frame's; `scale` is frame pixels per sprite pixel at the start.

    sprite and size are (height, width) in pixels.
    """
    factor = scale * path.scale[frame]
    root = np.sqrt(path.stretch[frame])
    cos, sin = np.cos(path.angle[frame]), np.sin(path.angle[frame])
    linear = np.array([[cos, -sin], [sin, cos]]) @ np.diag([factor * root, factor / root])
    target = path.centre[frame] * np.array([size[1], size[0]])
    middle = np.array([(sprite[1] - 1) / 2, (sprite[0] - 1) / 2])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = target - linear @ middle
    return matrix


def draw_camera(rng: np.random.Generator, times: np.ndarray, step: float, size: tuple[int, int]) -> np.ndarray:
    """(T, 3, 3) maps of the scene's pixels to each frame's: a common drift with turn and zoom."""
    height, width = size
    heading = rng.uniform(0, 2 * np.pi)
    shift = step * np.array([np.cos(heading) * width, 0.6 * np.sin(heading) * height])
    turn, zoom = rng.normal(0, 0.4 * step), rng.normal(0, 1.0 * step)
    shake = rng.normal(0, 0.1 * step, (len(times), 2)) * [width, height]
    return np.stack(
        [
            about_centre(np.exp(time * zoom), time * turn, time * shift + jitter, size)
            for time, jitter in zip(times, shake, strict=True)
        ]
    )


def about_centre(scale: float, angle: float, shift: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(3, 3) map that scales and turns a frame of (height, width) about its centre, then shifts it by pixels."""
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    centre = np.array([(size[1] - 1) / 2, (size[0] - 1) / 2])
    matrix = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    matrix[:2, 2] = centre - matrix[:2, :2] @ centre + shift
    return matrix


def draw_elastic(rng: np.random.Generator, times: np.ndarray, amplitude: float, speed: float) -> np.ndarray:
    """(T, g, g, 2) float32 displacements on a coarse grid, changing smoothly in time.

    `amplitude` is the typical displacement between neighbours on the grid as a share of their distance:
    above about 0.4 the picture folds.
    """
    grid = int(rng.integers(3, 8))
    first, second = amplitude / (grid - 1) * rng.standard_normal((2, grid, grid, 2))
    phase = (speed * times)[:, None, None, None]
    return (np.cos(phase) * first + np.sin(phase) * second).astype(np.float32)
