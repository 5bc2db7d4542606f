"""The objects of one frame, as every form of a mask is read into."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from vos.errors import InputError
from vos.io.drawing import Area
from vos.types import VOID, LabelMap


@dataclass(frozen=True, kw_only=True, slots=True)
class FramePrompt:
    """One frame's objects."""

    ids: LabelMap = field(repr=False)
    names: Mapping[int, str] = field(default_factory=dict)
    """Object id → name, of those that have one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectArea:
    """One object's pixels."""

    id: int | None
    """None takes the lowest id that no other object of the frame has."""
    name: str | None
    area: Area = field(repr=False)


def joined(objects: Iterable[ObjectArea]) -> FramePrompt:
    """Objects painted over one another, later ones on top.

    InputError for an id twice or outside 1..254, for a name twice, and for an object without a pixel of its own.
    """
    listed = list(objects)
    ids = _numbered([one.id for one in listed])
    labels = np.zeros(listed[0].area.shape, dtype=np.uint8)
    for identity, one in zip(ids, listed, strict=True):
        labels[one.area] = identity
    for identity, one in zip(ids, listed, strict=True):
        if not (labels == identity).any():
            why = "has no pixel" if not one.area.any() else "is hidden by later ones"
            raise InputError(f"object {one.name or identity} {why}")
    names = {identity: one.name for identity, one in zip(ids, listed, strict=True) if one.name is not None}
    if len(set(names.values())) < len(names):
        raise InputError(f"the names {', '.join(names.values())} are not all different")
    return FramePrompt(ids=labels, names=names)


def _numbered(given: list[int | None]) -> list[int]:
    taken = [one for one in given if one is not None]
    for one in taken:
        if not 0 < one < VOID:
            raise InputError(f"object id {one}: ids are 1..{VOID - 1}")
        if taken.count(one) > 1:
            raise InputError(f"object id {one} is given twice")
    free = (one for one in range(1, VOID) if one not in taken)
    try:
        return [next(free) if one is None else one for one in given]
    except StopIteration:
        raise InputError(f"{len(given)} objects: there can be {VOID - 1} at most") from None
