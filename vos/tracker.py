"""One step at a time: a frame and the memory of earlier ones in, a segmentation out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core import canvas, palette
from seggpt_core.passes import check_labels, encode_labels, group_ids, segment_groups
from seggpt_core.prompt import FrameFeatures, InContextModel, PromptFeatures
from vos.confidence import describe
from vos.errors import InputError
from vos.memory.bank import Bank
from vos.memory.policies import Policy, Record
from vos.models import build_model
from vos.settings import TrackerSettings
from vos.soft_masks import GivenMasks, PaintedMasks
from vos.types import VOID, Frame, LabelMap, Segmentation

Ids = tuple[int, ...]
Figures = dict[int, float]

_SURE = 1.0
"""Confidence of a mask that the user gave."""


def build_tracker(settings: TrackerSettings) -> "Tracker":
    """A tracker with the model that the settings name, loaded."""
    return Tracker(build_model(settings), settings)


def check_mask(ids: LabelMap, index: int, size: tuple[int, int]) -> Ids:
    """The object ids of a mask for frame `index` of `size` (height, width), ascending.

    Raises InputError if it is not a (H, W) uint8 array of that size with at least one id of 1..254; 255 is void.
    """
    return check_labels(ids, size, what=f"the mask of frame {index}", picture="the frame")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cohort:
    """Objects that appeared in one mask, and their memory.

    An object keeps its pass and slot for life: its colour is baked into remembered prompts. An object that
    appears later gets a cohort of its own: every prompt of this one shows it as background.
    """

    passes: tuple[Ids, ...]
    bank: Bank

    @property
    def ids(self) -> Ids:
        return tuple(chain.from_iterable(self.passes))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pass:
    """What one pass says of a frame."""

    ids: Ids
    probabilities: Tensor
    """(1+n, h, w) of background and the n ids, at the model's output resolution."""

    def without(self, ids: Ids) -> "_Pass":
        """The same with these objects counted as background."""
        kept = [slot for slot, identity in enumerate(self.ids) if identity not in ids]
        objects = self.probabilities[1:][kept]
        return _Pass(
            ids=tuple(self.ids[slot] for slot in kept),
            probabilities=torch.cat([1 - objects.sum(dim=0, keepdim=True), objects]),
        )


class Tracker:
    """Tracks the objects of one clip: `start` with the first frame's mask, then `step`, one call a frame.

    A new clip takes a new tracker; the model may be shared.
    """

    def __init__(self, model: InContextModel, settings: TrackerSettings) -> None:
        """Raises InputError if the settings' size does not suit the model."""
        if settings.size is not None:
            canvas.check_size(settings.size, model.multiple)
        self._model = model
        self._settings = settings
        self._palette = palette.PALETTES[settings.colours]
        self._cohorts: list[_Cohort] = []
        self._frame_size: tuple[int, int] | None = None

    @torch.inference_mode()
    def start(self, frame: Frame, ids: LabelMap) -> Segmentation:
        """Segment a frame whose mask is given: the first, one where objects appear, or a correction.

        ids: (H, W) uint8. Ids that are not tracked yet are new objects; for the others the mask overrides the
        prediction. 0 says nothing of tracked objects that the mask does not hold: they keep their prediction
        where no given object covers it. 255 is void: it is predicted, and no prompt learns from it.
        """
        given = check_mask(ids, frame.index, frame.size)
        features = self._encode(frame)
        passes = self._paint(features)
        labels = _override(passes, ids, given)
        self._admit(tuple(identity for identity in given if identity not in self._tracked))
        confidence, areas = _describe_given(passes, labels, given)
        known = ids != VOID
        for cohort in self._cohorts:
            pinned = not set(given).isdisjoint(cohort.ids)
            voting = known if pinned else np.ones_like(known)
            encode = partial(encode_labels, self._model, features, labels, voting, cohort.passes, self._palette)
            cohort.bank.offer(_record(frame, cohort, confidence, areas, pinned), encode)
        soft = GivenMasks(labels=labels, ids=self._tracked)
        return Segmentation(index=frame.index, ids=labels, confidence=confidence, soft=soft)

    @torch.inference_mode()
    def step(self, frame: Frame) -> Segmentation:
        """Segment the next frame. Raises InputError before `start`, or if the frames' size has changed."""
        if not self._cohorts:
            raise InputError(f"frame {frame.index} came before any mask: give one with start(frame, ids) first")
        features = self._encode(frame)
        passes = self._paint(features)
        confidence, areas = _describe_painted(passes)
        for cohort in self._cohorts:
            encode = partial(self._encode_painted, features, cohort, passes)
            cohort.bank.offer(_record(frame, cohort, confidence, areas, pinned=False), encode)
        soft = PaintedMasks(
            passes=[one.probabilities for one in passes], ids=[one.ids for one in passes], size=frame.size
        )
        return Segmentation(index=frame.index, ids=_label_map(passes, frame.size), confidence=confidence, soft=soft)

    @property
    def _tracked(self) -> Ids:
        return tuple(chain.from_iterable(cohort.ids for cohort in self._cohorts))

    def _encode(self, frame: Frame) -> FrameFeatures:
        size = frame.size
        if self._frame_size is not None and size != self._frame_size:
            raise InputError(
                f"frame {frame.index} is {size[0]}x{size[1]} (height x width), but the clip began with "
                f"{self._frame_size[0]}x{self._frame_size[1]}: all frames must have one size"
            )
        self._frame_size = size
        input_size = self._settings.size or canvas.fit_size(*size, self._settings.short_side, self._model.multiple)
        return self._model.encode_frame(canvas.to_model_image(frame.pixels, input_size, self._model.device))

    def _paint(self, features: FrameFeatures) -> list[_Pass]:
        painted = []
        for cohort in self._cohorts:
            probabilities = segment_groups(self._model, features, cohort.bank.prompts(), cohort.passes, self._palette)
            painted += [
                _Pass(ids=ids, probabilities=one) for ids, one in zip(cohort.passes, probabilities, strict=True)
            ]
        return painted

    def _admit(self, ids: Ids) -> None:
        """Open a cohort for new objects, in as few passes as they fit."""
        if not ids:
            return
        settings, passes = self._settings, group_ids(ids, self._model.slots, self._palette)
        policy = Policy(
            name=settings.policy,
            frames=settings.memory,
            stride=settings.stride,
            min_confidence=settings.min_confidence,
        )
        bank = Bank(self._model, policy, max_bytes=len(passes) * settings.memory_mib * 2**20)
        self._cohorts.append(_Cohort(passes=passes, bank=bank))

    def _encode_painted(self, features: FrameFeatures, cohort: _Cohort, passes: Sequence[_Pass]) -> PromptFeatures:
        """A frame as a prompt, from what was painted: its probabilities, or the winners alone."""
        merged = palette.merge_passes([one.probabilities for one in passes])
        if not self._settings.soft_memory:
            merged = F.one_hot(merged.argmax(dim=0), len(merged)).movedim(-1, 0).float()
        planes = dict(zip(chain.from_iterable(one.ids for one in passes), merged[1:], strict=True))
        targets = torch.stack(
            [_expected_colours([planes[identity] for identity in ids], self._palette) for ids in cohort.passes]
        )
        return self._model.encode_prompts(features, targets)


def _expected_colours(objects: Sequence[Tensor], colours: palette.Palette) -> Tensor:
    """(3, h, w) RGB of one pass, from its objects' probabilities (h, w) in the order of their slots."""
    rest = 1 - torch.stack(list(objects)).sum(dim=0)
    probabilities = palette.softened(torch.stack([rest, *objects]))
    return palette.colour_probabilities(probabilities[None], colours)[0]


def _label_map(passes: Sequence[_Pass], size: tuple[int, int]) -> LabelMap:
    """The winners at the frame's size, on the host."""
    labels = palette.label_map([one.probabilities for one in passes], [one.ids for one in passes], size)
    return np.asarray(labels.cpu().numpy())


def _override(passes: Sequence[_Pass], ids: LabelMap, given: Ids) -> LabelMap:
    """The prediction with the given objects taken from the user's mask, but for its void."""
    predicted = _label_map(passes, ids.shape)
    others = [rest for one in passes if (rest := one.without(given)).ids]
    labels = np.where(ids == 0, _label_map(others, ids.shape), ids)
    return np.where(ids == VOID, predicted, labels)


def _describe_painted(passes: Sequence[_Pass]) -> tuple[Figures, Figures]:
    """Confidence and area of every object."""
    ids = [identity for one in passes for identity in one.ids]
    confidence, areas = describe([one.probabilities for one in passes])
    return dict(zip(ids, confidence, strict=True)), dict(zip(ids, areas, strict=True))


def _describe_given(passes: Sequence[_Pass], labels: LabelMap, given: Ids) -> tuple[Figures, Figures]:
    """Confidence and area after the user's mask: its objects are sure, one that it covers wholly is absent."""
    confidence = _describe_painted(passes)[0] if passes else {}
    pixels = np.bincount(labels.ravel(), minlength=VOID)
    areas = {identity: float(pixels[identity]) / labels.size for identity in (*confidence, *given)}
    confidence |= dict.fromkeys(given, _SURE)
    return {identity: figure if areas[identity] else 0.0 for identity, figure in confidence.items()}, areas


def _record(frame: Frame, cohort: _Cohort, confidence: Figures, areas: Figures, pinned: bool) -> Record:
    return Record(
        index=frame.index,
        pinned=pinned,
        confidence={identity: confidence[identity] for identity in cohort.ids},
        areas={identity: areas[identity] for identity in cohort.ids},
    )
