"""What flows from reader to tracker to sink."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

Image = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, RGB, upright."""

LabelMap = npt.NDArray[np.uint8]
"""(H, W) uint8 object ids: 0 background, 1..254 objects, 255 void (unknown)."""

Plane = npt.NDArray[np.float32]
"""(H, W) float32 in 0..1: how much of each pixel an object covers, or how probable it is there."""

VOID = 255


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One picture of a clip."""

    index: int
    """0-based position in the whole clip."""
    image: Image
    stem: str
    """Name of files written for this frame, without ending: `00012`, or the source image's own."""
    pts: int | None = None
    """Presentation time in units of `time_base`; None for image folders."""
    time_base: Fraction | None = None
    damaged: bool = False
    """The decoder had to make up some of the picture."""

    @property
    def pixels(self) -> "Image | Tensor":
        """The picture where it lies: `image`, or the tensor of a `DeviceFrame`."""
        return self.image

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.pixels.shape[:2]
        return height, width


class DeviceFrame(Frame):
    """A frame whose pixels lie on a GPU. `image` copies them to the host when it is first asked for."""

    __slots__ = ("_image", "tensor")

    tensor: "Tensor"
    """(H, W, 3) uint8, RGB, upright."""
    _image: Image | None

    def __init__(
        self, *, index: int, tensor: "Tensor", stem: str, pts: int | None = None, time_base: Fraction | None = None
    ) -> None:
        values = {"index": index, "tensor": tensor, "stem": stem, "pts": pts, "time_base": time_base, "damaged": False}
        for name, value in {**values, "_image": None}.items():
            object.__setattr__(self, name, value)

    @property
    def image(self) -> Image:
        copied: Image = self.tensor.cpu().numpy() if self._image is None else self._image
        object.__setattr__(self, "_image", copied)
        return copied

    @property
    def pixels(self) -> "Tensor":
        return self.tensor


class SoftMasks(Protocol):
    """Every tracked object's plane of one frame, computed when it is asked for: a run without mattes pays nothing."""

    @property
    def pixel(self) -> float:
        """Side of one of the pixels that were decided, in pixels of the frame."""
        ...

    def planes(self) -> Iterator[tuple[int, Plane]]:
        """(id, plane at the frame's size), one after another; in a pixel they sum to 1 at most, but for rounding."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Segmentation:
    """What the tracker says of one frame, at the frame's own size."""

    index: int
    ids: LabelMap
    """Never holds 255."""
    confidence: Mapping[int, float] = field(default_factory=dict)
    """Object id → 0..1: mean margin between the object and the runner-up over the object's interior;
    0 for an object that is absent."""
    soft: SoftMasks | None = None
    """What `ids` were decided from; None where nothing but ids is known."""
    stored: bool = False
    """An earlier run, which was broken off, wrote this frame: files that hold it alone are there already."""


class Sink(Protocol):
    """Where segmentations go: mask folder, overlay movie, …"""

    def write(self, frame: Frame, segmentation: Segmentation) -> None: ...

    def close(self) -> None:
        """Finish the output under its final name."""
        ...

    def abort(self) -> None:
        """Work failed: keep what is whole (finished mask files), leave nothing half-written."""
        ...
