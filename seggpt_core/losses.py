"""What training minimises: how well painted colours, and the ids they decode to, match the truth."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

IGNORE = 255
_SMOOTH_L1_BETA = 0.1
_COLOUR_SHARPNESS = 4.0
"""Logits are minus this times squared colour distance, for colours as far apart as those in use."""
_SQUARED_DISTANCE_IN_USE = 2.0
"""Between any two corners of the tetrahedron."""
_SMALLEST_SHARE = 1e-6


Total = Callable[[Tensor], Tensor]
"""Sums a count over all processes that share a batch."""


def _same(count: Tensor) -> Tensor:
    return count


def colouring_loss(painted: Tensor, labels: Tensor, colours: Tensor, counts: Tensor, total: Total = _same) -> Tensor:
    """Mean over a batch of smooth L1 to the true colours, plus half the cross-entropy over colour
    distances, plus half a soft Dice loss a visible object.

    painted: (B, 3, h, w); labels: (B, H, W) integers at that size or finer, index into `colours`, 255 ignored;
    colours: (B, C, 3), entry 0 background; counts: (B,) how many entries of `colours` a sample uses. Where a batch is
    shared by several processes, `total` sums over them, and the losses of all add up to that of the whole batch.
    """
    truth, known = true_shares(labels, colours.shape[1], (painted.shape[2], painted.shape[3]))
    weight = known / known.sum(dim=(1, 2), keepdim=True).clamp(min=1)
    true_colours = torch.einsum("bkhw,bkc->bchw", truth, colours)
    distance = F.smooth_l1_loss(painted, true_colours, reduction="none", beta=_SMOOTH_L1_BETA).mean(dim=1)
    logits = colour_logits(painted, colours, counts)
    entropy = -(truth * logits.log_softmax(dim=1)).sum(dim=1)
    per_sample = ((distance + 0.5 * entropy) * weight).sum(dim=(1, 2))
    samples = total(per_sample.new_tensor(float(len(per_sample))))
    return per_sample.sum() / samples + 0.5 * _dice_loss(logits.softmax(dim=1), truth, known, total)


def true_shares(labels: Tensor, classes: int, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Each class's share of the known pixels of every painted cell, (B, C, h, w), and the known share, (B, h, w).

    Averaging keeps the truth where it is: picking one pixel of each cell would move it by half a pixel, and a
    tracker that reads its own masks adds that up from frame to frame.
    """
    valid = labels != IGNORE
    planes = F.one_hot(labels.masked_fill(~valid, 0).long(), classes).movedim(-1, 1) * valid[:, None]
    shares = F.adaptive_avg_pool2d(planes.float(), size)
    known = shares.sum(dim=1)
    return shares / known.clamp(min=_SMALLEST_SHARE)[:, None], known


def colour_logits(painted: Tensor, colours: Tensor, counts: Tensor) -> Tensor:
    """(B, C, h, w): minus the sharpened squared distance to each colour; unused colours are ruled out.

    The closer a sample's colours lie, the sharper: a pixel of the right colour is as sure whatever they are.
    """
    unused = torch.arange(colours.shape[1], device=colours.device) >= counts[:, None]
    apart = torch.cdist(colours, colours).square()
    alike = unused[:, :, None] | unused[:, None] | torch.eye(colours.shape[1], dtype=torch.bool, device=colours.device)
    closest = apart.masked_fill(alike, torch.inf).amin(dim=(1, 2)).clamp(max=_SQUARED_DISTANCE_IN_USE)
    sharpness = _COLOUR_SHARPNESS * _SQUARED_DISTANCE_IN_USE / closest
    squared = (painted[:, None] - colours[..., None, None]).square().sum(dim=2)
    return (-sharpness[:, None, None, None] * squared).masked_fill(unused[..., None, None], -1e4)


def _dice_loss(probabilities: Tensor, truth: Tensor, known: Tensor, total: Total) -> Tensor:
    """1 − Dice, averaged over the objects that are visible in the query (Milletari 2016, arXiv 1606.04797).

    probabilities, truth: (B, C, h, w) that sum to 1 over C where known; known: (B, h, w) in 0..1.
    """
    truth, found = (shares[:, 1:] * known[:, None] for shares in (truth, probabilities))
    overlap = (truth * found).sum(dim=(2, 3))
    size = (truth.square() + found.square()).sum(dim=(2, 3))
    visible = (truth.sum(dim=(2, 3)) > 0).float()
    dice = (2 * overlap + 1) / (size + 1)
    return ((1 - dice) * visible).sum() / total(visible.sum()).clamp(min=1)
