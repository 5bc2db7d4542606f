"""Paths through a clip: times of the frames, poses of objects, elastic motion. All go on smoothly and stay bounded,
however long the clip."""

from dataclasses import dataclass

import numpy as np

MARGIN = 0.05
"""How far beyond the frame a centre may go, as a share of it, before it turns back."""
GRID = 9
"""Points along a side at which elastic motion is told."""


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


def wander(rng: np.random.Generator, times: np.ndarray, count: int) -> np.ndarray:
    """(T, count) smooth curves of time: 0 at time 0, there changing by 0.5 to 1 in unit time, then turning back.

    None exceeds 5 in either direction.
    """
    speed = rng.uniform(0.4, 1.4, count)
    phase = rng.uniform(-np.pi / 3, np.pi / 3, count)
    return (np.sin(times[:, None] * speed + phase) - np.sin(phase)) / speed


def at_moment(values: np.ndarray, moment: float) -> np.ndarray:
    """The row of values (T, ...) at a moment counted in frames, which may lie between two or just beyond the ends."""
    if len(values) == 1:
        return np.asarray(values[0])
    first = min(max(int(np.floor(moment)), 0), len(values) - 2)
    return np.asarray(values[first] + (moment - first) * (values[first + 1] - values[first]))


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
    """A smooth path from `start` (shares of the frame) that moves about `step` of the frame in unit time.

    It turns back at the frame's borders.
    """
    heading = rng.uniform(0, 2 * np.pi)
    direction = step * np.array([np.cos(heading), 0.7 * np.sin(heading)])
    sideways = step * rng.normal(0, 0.3, 2)
    along, aside, growth, turning, stretching = wander(rng, times, 5).T
    wobble = step * rng.normal(0, 0.1, (len(times), 2)) * (times > 0)[:, None]
    centre = np.asarray(start) + along[:, None] * direction + aside[:, None] * sideways + wobble
    turn = min(1.0, 4 * step * log_uniform(rng, 0.5, 4.0))
    scale = np.exp(growth * rng.normal(0, 0.3 * turn) + rng.normal(0, 0.02, len(times)))
    angle = rng.normal(0, 0.12) + turning * rng.normal(0, 0.4 * turn)
    stretch = np.exp(rng.normal(0, 0.08) + stretching * rng.normal(0, 0.12 * turn))
    return Path(turned_back(centre), np.clip(scale, 0.4, 2.5), angle, stretch)


def turned_back(centre: np.ndarray) -> np.ndarray:
    """Points (T, 2), shares of the frame, mirrored at its borders: a path that would leave for good comes back."""
    span = 1 + 2 * MARGIN
    phase = np.mod(centre + MARGIN, 2 * span)
    return np.minimum(phase, 2 * span - phase) - MARGIN


def place(path: Path, moment: float, scale: float, sprite: tuple[int, ...], size: tuple[int, int]) -> np.ndarray:
    """(3, 3) map from a sprite's pixels to the frame's; `scale` is frame pixels per sprite pixel at the start.

    moment is counted in frames; sprite and size are (height, width, ...) in pixels.
    """
    factor = scale * float(at_moment(path.scale, moment))
    root = np.sqrt(float(at_moment(path.stretch, moment)))
    angle = float(at_moment(path.angle, moment))
    linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = linear @ np.diag([factor * root, factor / root])
    target = at_moment(path.centre, moment) * np.array([size[1], size[0]])
    middle = np.array([(sprite[1] - 1) / 2, (sprite[0] - 1) / 2])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = target - linear @ middle
    return matrix


def about_centre(scale: float, angle: float, shift: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(3, 3) map that scales and turns a frame of (height, width) about its centre, then shifts it by pixels."""
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    centre = np.array([(size[1] - 1) / 2, (size[0] - 1) / 2])
    matrix = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    matrix[:2, 2] = centre - matrix[:2, :2] @ centre + shift
    return matrix


def draw_elastic(rng: np.random.Generator, times: np.ndarray, amplitude: float, speed: float) -> np.ndarray:
    """(T, g, g, 2) float32 displacements on a coarse grid: a thin plate whose handles each sway at their own pace.

    `amplitude` is the typical displacement of a handle as a share of the distance between handles: above about
    0.4 the picture folds. speed: radians of sway in unit time.
    """
    side = int(rng.integers(2, 6))
    even = (np.arange(side) + 0.5) / side
    handles = np.stack(np.meshgrid(even, even), -1).reshape(-1, 2) + rng.uniform(-0.25, 0.25, (side**2, 2)) / side
    reach = amplitude / side * rng.standard_normal((2, side**2, 2))
    phase = times[:, None, None] * speed * rng.uniform(0.4, 1.6, (side**2, 1))
    shifts = np.cos(phase) * reach[0] + np.sin(phase) * reach[1]
    return np.einsum("gh,thc->tgc", thin_plate(handles), shifts).reshape(-1, GRID, GRID, 2).astype(np.float32)


def thin_plate(handles: np.ndarray) -> np.ndarray:
    """(g * g, n) weights of n handles (x, y in 0..1) at the points of an even grid over the unit square, by rows.

    The thin-plate spline through the handles' values (Bookstein 1989), a little relaxed, so that handles near one
    another do not tear. Weights of a point sum to 1.
    """
    even = np.linspace(0, 1, GRID)
    points = np.stack(np.meshgrid(even, even), -1).reshape(-1, 2)
    count = len(handles)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _bending(handles, handles) + 1e-3 * np.eye(count)
    system[:count, count:] = np.column_stack([np.ones(count), handles])
    system[count:, :count] = system[:count, count:].T
    at_points = np.column_stack([_bending(points, handles), np.ones(len(points)), points])
    return np.asarray(at_points @ np.linalg.inv(system)[:, :count])


def _bending(points: np.ndarray, handles: np.ndarray) -> np.ndarray:
    """r² log r of all distances."""
    squared = np.square(points[:, None] - handles[None]).sum(-1)
    return 0.5 * squared * np.log(np.maximum(squared, 1e-12))
