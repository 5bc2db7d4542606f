"""What a made clip shows, told but not yet painted: pictures, where each lies in each frame, and how it was recorded.

OpenCV paints a plan on a CPU (`painter`), and PyTorch paints many at once on a GPU (`seggpt_core.training.painting`).
"""

from dataclasses import dataclass

import numpy as np

from seggpt_core.training.data.recording import Recording


@dataclass(frozen=True, eq=False)
class Backdrop:
    """What fills a frame: a picture, and the objects that are in it. Beyond its borders lies its mirror image."""

    picture: np.ndarray
    """(h, w, 3) uint8 RGB."""
    views: np.ndarray
    """(k, 3, 3) maps of the picture's pixels to the frame's, k odd. The frame shows the mean picture; masks are seen
    through the middle one."""
    masks: np.ndarray | None = None
    """(h, w, n + 1) uint8 of `masks.to_masks`, or None if there is nothing but background."""
    elastic: np.ndarray | None = None
    """(g, g, 2) float32 displacements in the picture's pixels on a grid that covers it, or None."""


@dataclass(frozen=True)
class Shadow:
    """A soft shadow on what is behind an object."""

    shift: tuple[float, float]
    """x and y in pixels of the frame."""
    strength: float
    """How much light it takes away, 0..1."""


@dataclass(frozen=True, eq=False)
class Sticker:
    """An object, a twin or an occluder in one frame."""

    picture: np.ndarray
    """(h, w, 4) uint8 RGBA, colours multiplied by alpha."""
    views: np.ndarray
    """(k, 3, 3) as of a backdrop; the label is where the middle one shows the object."""
    label: int
    """0 for what counts as background."""
    elastic: np.ndarray | None = None
    """As of a backdrop."""
    shadow: Shadow | None = None


@dataclass(frozen=True, eq=False)
class FramePlan:
    """One frame."""

    backdrop: Backdrop
    stickers: tuple[Sticker, ...] = ()
    """Back to front."""


@dataclass(frozen=True, eq=False)
class ClipPlan:
    """A clip."""

    kind: str
    """Which maker it came from."""
    size: tuple[int, int]
    """Height and width in pixels."""
    frames: tuple[FramePlan, ...]
    recording: Recording
