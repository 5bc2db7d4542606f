"""A batch that is painted where it is learned from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.training.batch import Batch, reads_own
from seggpt_core.training.data.colours import draw_colours
from seggpt_core.training.data.engine import MIN_SHARE
from seggpt_core.training.data.items import IGNORE
from seggpt_core.training.data.plan import ClipPlan
from seggpt_core.training.painting.compose import paint_frames
from seggpt_core.training.painting.packed import PackedClips, moved_to, pack
from seggpt_core.training.painting.record import record


@dataclass(frozen=True)
class PackedBatch:
    """Plans of B clips on their way to a device."""

    clips: PackedClips
    colours: Tensor
    """(B, n + 1, n + 1, 3) RGB in 0..1: what `Batch.colours` is for each count of objects from 0 to n."""
    own: Tensor
    """As in `Batch`."""

    def to(self, device: torch.device) -> Batch:
        """The batch, painted on that device."""
        clips, colours = moved_to(self.clips, device), self.colours.to(device)
        images, labels = paint_frames(clips)
        images, labels = (frames.unflatten(0, (clips.clips, -1)) for frames in (images, labels))
        labels, objects = settle(labels, colours.shape[1] - 1)
        return Batch(
            images=record(images, clips.recordings) / 255,
            labels=labels,
            colours=colours[torch.arange(clips.clips, device=device), objects],
            counts=objects + 1,
            own=self.own.to(device),
        )


def packed_batch(
    plans: Sequence[ClipPlan],
    indices: Sequence[int],
    seed: int,
    tetrahedron_share: float,
    own_share: float,
    objects: int,
) -> PackedBatch:
    """What `make_batch` makes of samples, for plans with up to `objects` objects that are not painted yet."""
    colours = np.zeros((len(plans), objects + 1, objects + 1, 3), np.float32)
    for row, index in enumerate(indices):
        for count in range(1, objects + 1):
            colours[row, count, : count + 1] = draw_colours(seed, index, count, tetrahedron_share)
    own = torch.tensor([reads_own(seed, index, own_share) for index in indices])
    return PackedBatch(pack(plans), torch.from_numpy(colours), own)


def settle(labels: Tensor, objects: int) -> tuple[Tensor, Tensor]:
    """What `data.engine.settle` and `batch.shown_first` make of labels (B, T, H, W) uint8 with ids up to `objects`:
    (B, T, H, W) int64, and the number of objects a clip, (B,) int64."""
    ids = torch.arange(1, objects + 1, device=labels.device)
    counts = torch.stack([(labels == value).flatten(2).sum(2) for value in ids], dim=2)
    most = counts[:, :-1].amax(1)
    known = most >= MIN_SHARE * labels[0, 0].numel()
    asked = known & (counts[:, 0] > 0)
    kept = torch.where(asked, asked.cumsum(1), torch.where((most > 0) & ~known, IGNORE, 0))
    table = F.pad(kept, (1, IGNORE - objects))
    table[:, IGNORE] = IGNORE
    return torch.gather(table, 1, labels.flatten(1).long()).view(labels.shape), asked.sum(1)
