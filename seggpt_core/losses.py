"""What training minimises: how well painted colours, and the ids they decode to, match the truth."""

import torch
import torch.nn.functional as F
from torch import Tensor

IGNORE = 255
_SMOOTH_L1_BETA = 0.1
_COLOUR_SHARPNESS = 4.0
"""Logits are minus this times squared colour distance, for colours as far apart as those in use."""
_SQUARED_DISTANCE_IN_USE = 2.0
"""Between any two corners of the tetrahedron."""


def colouring_loss(painted: Tensor, labels: Tensor, colours: Tensor, counts: Tensor) -> Tensor:
    """Mean over a batch of smooth L1 to the true colours, plus half the cross-entropy over colour
    distances, plus half a soft Dice loss a visible object.

    painted: (B, 3, h, w); labels: (B, h, w) integers, index into `colours`, 255 ignored;
    colours: (B, C, 3), entry 0 background; counts: (B,) how many entries of `colours` a sample uses.
    """
    valid = labels != IGNORE
    index = labels.masked_fill(~valid, 0).long()
    share = valid.float() / valid.float().sum(dim=(1, 2), keepdim=True).clamp(min=1)
    truth = torch.gather(colours, 1, index.flatten(1)[..., None].expand(-1, -1, 3))
    truth = truth.transpose(1, 2).unflatten(2, (index.shape[1], index.shape[2]))
    distance = F.smooth_l1_loss(painted, truth, reduction="none", beta=_SMOOTH_L1_BETA).mean(dim=1)
    logits = colour_logits(painted, colours, counts)
    entropy = F.cross_entropy(logits, index, reduction="none")
    per_sample = ((distance + 0.5 * entropy) * share).sum(dim=(1, 2))
    return per_sample.mean() + 0.5 * _dice_loss(logits.softmax(dim=1), index, valid)


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


def _dice_loss(probabilities: Tensor, index: Tensor, valid: Tensor) -> Tensor:
    """1 − Dice, averaged over the objects that are visible in the query (Milletari 2016, arXiv 1606.04797)."""
    classes = probabilities.shape[1]
    truth = F.one_hot(index, classes).permute(0, 3, 1, 2)[:, 1:] * valid[:, None]
    found = probabilities[:, 1:] * valid[:, None]
    overlap = (truth * found).sum(dim=(2, 3))
    total = (truth + found).sum(dim=(2, 3))
    visible = (truth.sum(dim=(2, 3)) > 0).float()
    dice = (2 * overlap + 1) / (total + 1)
    return ((1 - dice) * visible).sum() / visible.sum().clamp(min=1)
