"""What the passes say of one frame: soft masks, colours as a prompt, confidence, what a mask overrides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from seggpt_core import palette
from vos.confidence import describe
from vos.continuity import without_strangers
from vos.crop import Crop, whole
from vos.focus import Focus
from vos.soft_masks import PaintedMasks
from vos.types import VOID, LabelMap

Ids = tuple[int, ...]
Figures = dict[int, float]

_SURE = 1.0
"""Confidence of a mask that the user gave."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """What one pass says of a frame."""

    ids: Ids
    probabilities: Tensor
    """(1+n, h, w) of background and the n ids, at the model's output resolution."""

    def without(self, ids: Ids) -> "Pass":
        """The same with these objects counted as background."""
        kept = [slot for slot, identity in enumerate(self.ids) if identity not in ids]
        objects = self.probabilities[1:][kept]
        return Pass(
            ids=tuple(self.ids[slot] for slot in kept),
            probabilities=torch.cat([1 - objects.sum(dim=0, keepdim=True), objects]),
        )


def without_others(one: Pass, focus: Focus) -> Pass:
    """A pass without what lies apart from where its objects can be.

    Where all of a frame is shown all of it is remembered, look-alikes too, and the model tells them apart.
    """
    if focus.crop == whole(focus.size):
        return one
    reaches = [focus.reach(identity) for identity in one.ids]
    return replace(one, probabilities=without_strangers(one.probabilities, reaches, focus.crop))


def painted_masks(passes: Sequence[Pass], size: tuple[int, int], crop: Crop) -> PaintedMasks:
    """Soft masks at the frame's `size` (height, width), of what `crop` shows of it."""
    return PaintedMasks(
        passes=[one.probabilities for one in passes], ids=[one.ids for one in passes], size=size, crop=crop
    )


def expected_colours(objects: Sequence[Tensor], colours: palette.Palette) -> Tensor:
    """(3, h, w) RGB of one pass, from its objects' probabilities (h, w) in the order of their slots."""
    rest = 1 - torch.stack(list(objects)).sum(dim=0)
    probabilities = palette.softened(torch.stack([rest, *objects]))
    return palette.colour_probabilities(probabilities[None], colours)[0]


def override(passes: Sequence[Pass], ids: LabelMap, given: Ids, crop: Crop) -> LabelMap:
    """The prediction with the given objects taken from the user's mask, but for its void."""
    predicted = painted_masks(passes, ids.shape, crop).label_map()
    others = [rest for one in passes if (rest := one.without(given)).ids]
    labels = np.where(ids == 0, painted_masks(others, ids.shape, crop).label_map(), ids)
    return np.where(ids == VOID, predicted, labels)


def describe_painted(passes: Sequence[Pass], focus: Focus) -> tuple[Figures, Figures]:
    """Confidence of every object, and its share of the frame."""
    ids = [identity for one in passes for identity in one.ids]
    confidence, shares = describe([one.probabilities for one in passes])
    shown = focus.crop.height * focus.crop.width / (focus.size[0] * focus.size[1])
    areas = [shown * share for share in shares]
    return dict(zip(ids, confidence, strict=True)), dict(zip(ids, areas, strict=True))


def describe_given(passes: Sequence[Pass], labels: LabelMap, given: Ids, focus: Focus) -> tuple[Figures, Figures]:
    """Confidence and area after the user's mask: its objects are sure, one that it covers wholly is absent."""
    confidence = describe_painted(passes, focus)[0] if passes else {}
    pixels = np.bincount(labels.ravel(), minlength=VOID)
    areas = {identity: float(pixels[identity]) / labels.size for identity in (*confidence, *given)}
    confidence |= dict.fromkeys(given, _SURE)
    return {identity: figure if areas[identity] else 0.0 for identity, figure in confidence.items()}, areas
