"""Object ids to colours and back.

A model sees and paints colours only. A pass carries the background and up to three objects on the corners
of a tetrahedron inside the colour cube: every two corners are equally far apart, and the mixture of any two
is never nearest to a third, so a blended edge between two objects cannot turn into another object.

Shape suffixes: P passes, S slots, N objects of all passes, h, w the model's output size, H, W any size.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

BACKGROUND = (0.0, 0.0, 0.0)
TEMPERATURE = 4.0
"""The sharpness of training's cross-entropy, for colours as far apart as the tetrahedron's."""
_ODDS_BOUND = 1e-6
"""Keeps odds finite: probabilities are clamped to [1e-6, 1 - 1e-6], still distinct from 1 in float32."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one pass beside its black background."""

    name: str
    colours: tuple[tuple[float, float, float], ...]
    """RGB in 0..1 of slot 0, 1, ..."""

    @property
    def slots(self) -> int:
        """Objects that one pass carries."""
        return len(self.colours)

    def corners(self, like: Tensor) -> Tensor:
        """(1+S, 3) RGB of background and slots."""
        return torch.tensor((BACKGROUND, *self.colours), dtype=torch.float32, device=like.device)


TETRAHEDRON = Palette("tetrahedron", ((1.0, 1.0, 0.0), (1.0, 0.0, 1.0), (0.0, 1.0, 1.0)))
WHITE = Palette("white", ((1.0, 1.0, 1.0),))
"""One object a pass, white on black, as the paper's video protocol has it."""
PALETTES = {palette.name: palette for palette in (TETRAHEDRON, WHITE)}


def colour_ids(ids: Tensor, slots: Sequence[int], colours: Palette = TETRAHEDRON) -> Tensor:
    """Paint one pass of a label map.

    ids: (H, W) integers. slots: the object id of slot 0, 1, ...; any other id is painted as background.
    Returns (3, H, W) float32 RGB in 0..1.
    """
    masks = torch.stack([ids == identity for identity in slots]).float()
    return torch.einsum("shw,sc->chw", masks, colours.corners(masks)[1 : len(slots) + 1])


def colour_probabilities(probabilities: Tensor, colours: Palette = TETRAHEDRON) -> Tensor:
    """Expected colours, (P, 3, h, w), of probabilities (P, 1+S, h, w); channel 0 is the background."""
    corners = colours.corners(probabilities)[: probabilities.shape[1]]
    return torch.einsum("pshw,sc->pchw", probabilities, corners)


def decode(painted: Tensor, used: Sequence[int], colours: Palette = TETRAHEDRON) -> Tensor:
    """Probabilities of background and slots: a softmax over negative squared colour distances.

    painted: (P, 3, h, w) RGB at the model's own resolution: to blend colours or distances across an edge
    first, by resizing, would invent ids. used: how many slots each pass uses; the others get probability 0.
    Returns (P, 1+S, h, w) float32 that sum to 1 over dimension 1. With one object its probability is the
    sigmoid of TEMPERATURE times the difference of the squared distances.
    """
    corners = colours.corners(painted)
    # |c - k|^2 without its |c|^2, which the softmax cancels.
    closeness = 2 * torch.einsum("pchw,sc->pshw", painted, corners) - corners.square().sum(1).view(1, -1, 1, 1)
    slots = torch.arange(len(corners), device=painted.device)
    unused = slots > torch.tensor(used, device=painted.device).view(-1, 1)
    return (TEMPERATURE * closeness).masked_fill(unused[:, :, None, None], -torch.inf).softmax(dim=1)


def softened(probabilities: Tensor) -> Tensor:
    """Square roots, normalised: what `decode` gives at half its temperature. (..., 1+S, h, w) to the same.

    Memory holds an unsure edge better for it: J&F on eight DAVIS-2016 sequences is 0.796 with it and 0.790 without.
    Merging would not: with many passes the small probabilities of all other objects add up.
    """
    roots = probabilities.clamp(min=0).sqrt()
    return roots / roots.sum(dim=-3, keepdim=True)


def upsample(probabilities: Tensor, size: tuple[int, int]) -> Tensor:
    """(C, h, w) probabilities, resized bilinearly to (C, H, W) with pixel centres aligned (corners not)."""
    return F.interpolate(probabilities[None], size=size, mode="bilinear", align_corners=False)[0]


def claims(passes: Sequence[Tensor]) -> Tensor:
    """Every object's probability in its own pass under a common background, (1+N, h, w), not normalised.

    passes: (1+n, h, w) each, background first. The background holds where every pass says background:
    the product of theirs. (Objects of one pass exclude one another already, so 1 - p is taken a pass.)
    """
    background = torch.stack([one[0] for one in passes]).prod(dim=0, keepdim=True)
    return torch.cat([background, *(one[1:] for one in passes)])


def merge_passes(passes: Sequence[Tensor]) -> Tensor:
    """Probabilities of background and all objects, (1+N, h, w), that sum to 1.

    passes: (1+n, h, w) each, background first, n the objects of that pass. The rule is the soft aggregation
    of STM and STCN: background = product of (1 - p), then each one's odds p / (1 - p), normalised.
    One pass has nothing to be merged with and is returned as it is.
    """
    if len(passes) == 1:
        return passes[0]
    odds = _odds(claims(passes))
    return odds / odds.sum(dim=0, keepdim=True)


def merged_planes(passes: Sequence[Tensor], size: tuple[int, int]) -> Iterator[Tensor]:
    """Every object's probability after merging at another size: (H, W) each, one after another.

    passes: (1+n, h, w) probabilities each. Probabilities are resized, then merged, as `label_map` does it. They
    are resized twice, so that no (1+N, H, W) tensor is ever held.
    """
    if len(passes) == 1:
        yield from upsample(passes[0][1:], size)
        return
    background = torch.ones(size, device=passes[0].device)
    total = torch.zeros(size, device=passes[0].device)
    for one in passes:
        objects = upsample(one[1:], size)
        background *= 1 - objects.sum(dim=0)
        total += _odds(objects).sum(dim=0)
    total += _odds(background)
    for one in passes:
        yield from _odds(upsample(one[1:], size)) / total


def label_map(passes: Sequence[Tensor], ids: Sequence[Sequence[int]], size: tuple[int, int]) -> Tensor:
    """The argmax of the merged passes at another size, (H, W) uint8 ids; with no pass all is background.

    passes: (1+n, h, w) probabilities each; ids: the n object ids of each pass. Probabilities are resized,
    then merged. The winner by odds is the winner by probability, so the objects are taken one after another
    and no (1+N, H, W) tensor is ever held. A tie goes to the background, then to the earlier object.
    """
    device = passes[0].device if passes else torch.device("cpu")
    background = torch.ones(size, device=device)
    best = torch.zeros(size, device=device)
    labels = torch.zeros(size, dtype=torch.uint8, device=device)
    for probabilities, identities in zip(passes, ids, strict=True):
        objects = upsample(probabilities[1:], size)
        background *= 1 - objects.sum(dim=0)
        for claim, identity in zip(objects, identities, strict=True):
            labels.masked_fill_(claim > best, identity)
            best = torch.maximum(best, claim)
    return labels.masked_fill_(best <= background, 0)


def _odds(probabilities: Tensor) -> Tensor:
    bounded = probabilities.clamp(_ODDS_BOUND, 1 - _ODDS_BOUND)
    return bounded / (1 - bounded)
