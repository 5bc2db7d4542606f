"""The soft masks of one frame, painted or given, at the frame's size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from seggpt_core import palette
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

    @property
    def pixel(self) -> float:
        height, width = self.passes[0].shape[-2:]
        return max(self.size[0] / height, self.size[1] / width)

    @torch.inference_mode()
    def label_map(self) -> LabelMap:
        """The winners at the frame's size, on the host."""
        labels = palette.label_map(self.passes, self.ids, self.size)
        return np.asarray(labels.cpu().numpy())

    @torch.inference_mode()
    def planes(self) -> Iterator[tuple[int, Plane]]:
        merged = palette.merged_planes(self.passes, self.size)
        for identity, plane in zip(chain.from_iterable(self.ids), merged, strict=True):
            yield identity, plane.cpu().numpy()


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
