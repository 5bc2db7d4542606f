"""The camera of a made clip: how it moves, what that does to things near and far, and how long its shutter is open."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seggpt_core.training.data.motion import about_centre, at_moment, log_uniform, wander
from seggpt_core.training.data.settings import EngineConfig

MAX_DRIFT = 0.4
"""The camera goes no further than this share of the frame from where it began."""
MAX_SMEAR = 0.08
"""Longest smear as a share of the frame's height."""
MAX_ENLARGED = 1.25
"""A picture is enlarged by this at most so that the camera does not see beyond its borders."""
PIXELS_APART = 2.0
"""A smear is the mean of views about this far apart."""


@dataclass(frozen=True)
class CameraMove:
    """What the camera's motion does to things at nearness 1. All arrays are (T, ...)."""

    shift: np.ndarray
    """(T, 2) x and y as shares of the frame's width and height."""
    angle: np.ndarray
    """(T,) radians."""
    zoom: np.ndarray
    """(T,) logarithm of the scale."""

    def seen(self, moment: float, nearness: float, slope: float, size: tuple[int, int]) -> np.ndarray:
        """(3, 3) map of the scene's pixels to the frame's, at a moment counted in frames.

        What is twice as near moves twice as far. With a slope the nearness grows by so much from the middle of
        the frame to its lower border, and shrinks by as much to the upper one, as on a plain.
        """
        pixels = at_moment(self.shift, moment) * np.array([size[1], size[0]])
        zoom = float(np.exp(nearness * at_moment(self.zoom, moment)))
        matrix = about_centre(zoom, float(at_moment(self.angle, moment)), nearness * pixels, size)
        if not slope:
            return matrix
        lean = np.eye(3)
        lean[:2, 1] += slope * pixels / (size[0] / 2)
        lean[:2, 2] = -slope * pixels
        return lean @ matrix


@dataclass(frozen=True)
class Shot:
    """One take: the camera's motion, its shutter, the frames' size."""

    move: CameraMove
    shutter: float
    """Share of the time between neighbouring frames during which light falls in."""
    size: tuple[int, int]
    """Height and width of the frames."""

    def views(self, pose: Callable[[float], np.ndarray], points: np.ndarray, number: int) -> list[np.ndarray]:
        """Maps (3, 3) of which the mean picture is frame `number`; an odd count, the middle one at the frame itself.

        pose: map of a source's pixels to the frame's at a moment. points: (n, 2) x and y in the source whose travel
        while the shutter is open decides how many are needed. Travel is cut at 8 % of the frame's height.
        """
        middle = pose(number)
        if not self.shutter:
            return [middle]
        first, last = pose(number - self.shutter / 2), pose(number + self.shutter / 2)
        travel = float(np.median(np.linalg.norm(moved(last, points) - moved(first, points), axis=1)))
        kept = min(1.0, MAX_SMEAR * self.size[0] / max(travel, 1e-6))
        half = int(np.ceil(travel * kept / PIXELS_APART / 2 - 0.25))
        if half < 1:
            return [middle]
        moments = number + kept * self.shutter * np.linspace(-0.5, 0.5, 2 * half + 1)
        return [pose(float(moment)) for moment in moments]


def still_shot(size: tuple[int, int]) -> Shot:
    """One sharp frame from a camera that rests."""
    return Shot(CameraMove(np.zeros((1, 2)), np.zeros(1), np.zeros(1)), 0.0, size)


def covering(
    view: np.ndarray, source: tuple[int, ...], move: CameraMove, nearness: float, size: tuple[int, int]
) -> np.ndarray:
    """`view` (3, 3), which lays a source of (height, width, ...) upright under a frame of `size`, shifted and a little
    enlarged, so that the camera sees beyond the source's borders in as few frames as can be."""
    frame, drift = np.array([size[1], size[0]]), nearness * move.shift * np.array([size[1], size[0]])
    span = np.array([source[1], source[0]]) * view[0, 0]
    scale = float(np.clip(((frame + np.ptp(drift, axis=0)) / span).max(), 1.0, MAX_ENLARGED))
    centre = frame / 2
    corner = centre + scale * (view[:2, 2] - centre)
    first, last = frame - drift.min(0) - scale * span, -drift.max(0)
    corner = np.where(first <= last, np.clip(corner, first, last), (first + last) / 2)
    wider = np.diag([scale * view[0, 0], scale * view[1, 1], 1.0])
    wider[:2, 2] = corner
    return wider


def moved(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(n, 2) points through a (3, 3) map."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def corners(size: tuple[int, ...]) -> np.ndarray:
    """(4, 2) x and y of the corners of a picture of (height, width, ...)."""
    height, width = size[:2]
    return np.array([[0.0, 0], [width, 0], [width, height], [0, height]])


def draw_move(
    rng: np.random.Generator, config: EngineConfig, times: np.ndarray, step: float, followed: np.ndarray | None
) -> CameraMove:
    """A camera that drifts, or goes along with what moves through `followed` (T, 2); it may zoom, roll and shake.

    step: shares of the frame in unit time.
    """
    heading = rng.uniform(0, 2 * np.pi)
    drift, other, turning, zooming = wander(rng, times, 4).T
    direction = step * np.array([np.cos(heading), 0.6 * np.sin(heading)])
    shift = drift[:, None] * direction + other[:, None] * step * rng.normal(0, 0.2, 2)
    if followed is not None:
        shift = 0.3 * shift - rng.uniform(0.6, 1.0) * (followed - followed[0])
    shift *= min(1.0, MAX_DRIFT / max(float(np.abs(shift).max()), 1e-6))
    angle, zoom = turning * rng.normal(0, 0.1 * step), zooming * rng.normal(0, 0.3 * step)
    if rng.random() < config.zooms:
        zoom = zoom + zooming * rng.choice([-1, 1]) * log_uniform(rng, 0.05, 0.35)
    if rng.random() < config.rolls:
        angle = angle + turning * rng.normal(0, 0.2)
    if rng.random() < config.shakes:
        amount = log_uniform(rng, 0.003, 0.025)
        shift = shift + amount * rng.standard_normal(shift.shape)
        angle = angle + 0.6 * amount * rng.standard_normal(angle.shape)
    return CameraMove(shift, angle, np.clip(zoom, -0.6, 0.6))


def draw_shutter(rng: np.random.Generator, config: EngineConfig) -> float:
    """How long the shutter is open, as a share of the time between frames; 0 for sharp clips."""
    return log_uniform(rng, 0.04, 0.5) if rng.random() < config.motion_blur else 0.0
