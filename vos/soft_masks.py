"""The soft masks of one frame, painted or given, at the frame's size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from seggpt_core import palette
from vos.crop import Crop
from vos.types import LabelMap, Plane


@dataclass(frozen=True, kw_only=True, slots=True)
class PaintedMasks:
    """What the passes say; resized and merged on their device, as the label map is."""

    passes: Sequence[Tensor] = field(repr=False)
    """(1+n, h, w) probabilities each, background first."""
    ids: Sequence[Sequence[int]]
    """The n object ids of each pass."""
    size: tuple[int, int]
    """(H, W) of the frame."""
    crop: Crop
    """The part of the frame that they show; beyond it all is background."""

    @property
    def pixel(self) -> float:
        height, width = self.passes[0].shape[-2:]
        return max(self.crop.height / height, self.crop.width / width)

    @torch.inference_mode()
    def label_map(self) -> LabelMap:
        """The winners at the frame's size, on the host."""
        labels = np.zeros(self.size, dtype=np.uint8)
        self.crop.cut(labels)[:] = palette.label_map(self.passes, self.ids, self.crop.size).cpu().numpy()
        return labels

    @torch.inference_mode()
    def planes(self) -> Iterator[tuple[int, Plane]]:
        merged = palette.merged_planes(self.passes, self.crop.size)
        for identity, shown in zip(chain.from_iterable(self.ids), merged, strict=True):
            plane = np.zeros(self.size, dtype=np.float32)
            self.crop.cut(plane)[:] = shown.cpu().numpy()
            yield identity, plane


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenMasks:
    """The masks of a frame that the user gave some of: hard, so that a matte keeps every pixel that was drawn."""

    labels: LabelMap = field(repr=False)
    ids: Sequence[int]

    @property
    def pixel(self) -> float:
        return 1.0

    def planes(self) -> Iterator[tuple[int, Plane]]:
        for identity in self.ids:
            yield identity, (self.labels == identity).astype(np.float32)
