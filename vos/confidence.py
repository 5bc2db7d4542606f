"""How sure a segmentation is of each object, and how much of the frame each one covers."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.palette import claims


def describe(passes: Sequence[Tensor]) -> tuple[list[float], list[float]]:
    """Confidence and area of the objects of all passes, in their order.

    passes: (1+n, h, w) probabilities each, background first. An object's confidence is its mean margin (its
    probability minus the runner-up's) over its interior, 0..1: its pixels whose eight neighbours are its own,
    or all of them where it is too thin to have any; 0 where it is absent. Area is its share of what is shown, 0..1.
    """
    claimed = claims(passes)
    top, winner = claimed.max(dim=0, keepdim=True)
    margin = (top - claimed.scatter(0, winner, -1.0).amax(dim=0, keepdim=True)).flatten()
    inside = _inside(winner).flatten()
    masks = (winner == torch.arange(1, len(claimed), device=winner.device).view(-1, 1, 1)).flatten(1).float()
    pixels, interior, margins, interior_margins = (
        masks @ torch.stack([torch.ones_like(margin), inside, margin, margin * inside], dim=1)
    ).unbind(dim=1)
    confidence = torch.where(interior > 0, interior_margins / interior.clamp(min=1), margins / pixels.clamp(min=1))
    return confidence.tolist(), (pixels / margin.numel()).tolist()


def _inside(winner: Tensor) -> Tensor:
    """(1, h, w) labels to float 1 where the 3x3 neighbourhood holds one label; what lies beyond counts as the same."""
    labels = winner.float()
    largest = F.max_pool2d(labels, 3, stride=1, padding=1)
    smallest = -F.max_pool2d(-labels, 3, stride=1, padding=1)
    return (largest == smallest).float()
