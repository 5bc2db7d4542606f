"""Samples of the data engine as one batch of tensors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seggpt_core.losses import IGNORE
from seggpt_core.training.data.colours import draw_colours
from seggpt_core.training.data.engine import Sample


@dataclass(frozen=True)
class Batch:
    """B clips of T frames, with the colours of their objects."""

    images: Tensor
    """(B, T, 3, H, W) float32 RGB in 0..1."""
    labels: Tensor
    """(B, T, H, W) int64: index into `colours`, 255 ignored. Only objects that frame 0 shows."""
    colours: Tensor
    """(B, C, 3) RGB in 0..1; entry 0 is black, the background; unused entries are black too."""
    counts: Tensor
    """(B,) int64: entries of `colours` in use."""
    own: Tensor
    """(B,) bool: this clip's memory is the model's own paintings."""

    def target(self, time: int) -> tuple[Tensor, Tensor]:
        """Colours (B, 3, H, W) and known (B, 1, H, W) of one frame."""
        labels = self.labels[:, time]
        valid = labels != IGNORE
        index = labels.masked_fill(~valid, 0).flatten(1)
        colours = torch.gather(self.colours, 1, index[..., None].expand(-1, -1, 3))
        return colours.transpose(1, 2).unflatten(2, (labels.shape[1], labels.shape[2])), valid[:, None].float()

    def to(self, device: torch.device) -> "Batch":
        """The same on another device."""
        return Batch(*(getattr(self, name).to(device) for name in ("images", "labels", "colours", "counts", "own")))


def make_batch(
    samples: Sequence[Sample], indices: Sequence[int], seed: int, tetrahedron_share: float, own_share: float
) -> Batch:
    """Stack samples; colours, and whether a clip reads its own paintings, depend on (seed, index) alone."""
    labels = [shown_first(sample.labels) for sample in samples]
    counts = [int(np.max(label, where=label != IGNORE, initial=0)) + 1 for label in labels]
    colours = np.zeros((len(samples), max(counts), 3), np.float32)
    for row, (index, count) in enumerate(zip(indices, counts, strict=True)):
        colours[row, :count] = draw_colours(seed, index, count - 1, tetrahedron_share)
    own = [reads_own(seed, index, own_share) for index in indices]
    images = torch.from_numpy(np.stack([sample.images for sample in samples]))
    return Batch(
        images=images.permute(0, 1, 4, 2, 3).float() / 255,
        labels=torch.from_numpy(np.stack(labels)).long(),
        colours=torch.from_numpy(colours),
        counts=torch.tensor(counts),
        own=torch.tensor(own),
    )


def reads_own(seed: int, index: int, share: float) -> bool:
    """Whether the memory of sample `index` is the model's own paintings, as it is in a `share` of the samples."""
    return bool(np.random.default_rng([seed, index, 2]).random() < share)


def shown_first(labels: np.ndarray) -> np.ndarray:
    """Labels (T, H, W) with consecutive ids for the objects that frame 0 shows; others become background,
    as they are in use, where only the first frame's objects are asked for."""
    table = np.zeros(256, np.uint8)
    shown = np.setdiff1d(np.unique(labels[0]), [0, IGNORE])
    table[shown] = np.arange(1, len(shown) + 1)
    table[IGNORE] = IGNORE
    return table[labels]
