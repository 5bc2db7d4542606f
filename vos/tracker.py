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
from seggpt_core.passes import check_labels, encode_labels, encode_picture, group_ids, segment_groups
from seggpt_core.prompt import FrameFeatures, InContextModel, PromptFeatures
from vos.confidence import describe
from vos.errors import InputError
from vos.memory.bank import Bank
from vos.memory.policies import Policy, Record
from vos.memory.snapshot import CohortMemory, Memory
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
        for cohort in self._cohorts:
            record = _record(frame, cohort, confidence, areas, pinned=not set(given).isdisjoint(cohort.ids))
            encode = partial(self._encode_given, features, cohort, labels, ids if record.pinned else None)
            cohort.bank.offer(record, encode)
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
        soft = _painted_masks(passes, frame.size)
        return Segmentation(index=frame.index, ids=soft.label_map(), confidence=confidence, soft=soft)

    @property
    def memory(self) -> Memory:
        """What is remembered now; with `recall` another tracker of the same clip goes on from here."""
        return tuple(CohortMemory(passes=cohort.passes, records=cohort.bank.records) for cohort in self._cohorts)

    @torch.inference_mode()
    def recall(self, memory: Memory, frame: Frame, segmentation: Segmentation, mask: LabelMap | None) -> None:
        """Remember a frame as another tracker did, bit for bit.

        Called for each frame that `memory` names, in the order in which they were segmented, before `start` and `step`.
        segmentation: what the other tracker said of the frame; mask: what it was given there, if anything.
        """
        if not self._cohorts:
            self._cohorts = [self._cohort(kept.passes) for kept in memory]
        features = self._encode(frame)
        for cohort, kept in zip(self._cohorts, memory, strict=True):
            for record in (record for record in kept.records if record.index == frame.index):
                cohort.bank.recall(record, self._encode_recalled(features, cohort, record, segmentation, mask))

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
        return encode_picture(self._model, frame.pixels, self._settings.size, self._settings.pixels)

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
        self._cohorts.append(self._cohort(group_ids(ids, self._model.slots, self._palette)))

    def _cohort(self, passes: tuple[Ids, ...]) -> _Cohort:
        settings = self._settings
        policy = Policy(
            name=settings.policy,
            frames=settings.memory,
            stride=settings.stride,
            min_confidence=settings.min_confidence,
        )
        bank = Bank(self._model, policy, max_bytes=len(passes) * settings.memory_mib * 2**20)
        return _Cohort(passes=passes, bank=bank)

    def _encode_given(
        self, features: FrameFeatures, cohort: _Cohort, labels: LabelMap, mask: LabelMap | None
    ) -> PromptFeatures:
        """A frame as a prompt, from its label map; `mask` is the user's, if it gave any of the objects: its void pixels
        do not vote, the others with more right than a prediction."""
        known = np.ones(labels.shape, dtype=np.bool_) if mask is None else mask != VOID
        trust = 1.0 if mask is None else self._settings.trust
        return encode_labels(self._model, features, labels, known, cohort.passes, self._palette, trust)

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

    def _encode_recalled(
        self,
        features: FrameFeatures,
        cohort: _Cohort,
        record: Record,
        segmentation: Segmentation,
        mask: LabelMap | None,
    ) -> PromptFeatures:
        soft = segmentation.soft
        if mask is not None:
            return self._encode_given(features, cohort, segmentation.ids, mask if record.pinned else None)
        if not isinstance(soft, PaintedMasks):
            raise InputError(f"frame {record.index} was painted, but its soft masks are {type(soft).__name__}")
        passes = [
            _Pass(ids=tuple(ids), probabilities=one.to(self._model.device))
            for ids, one in zip(soft.ids, soft.passes, strict=True)
        ]
        return self._encode_painted(features, cohort, passes)


def _painted_masks(passes: Sequence[_Pass], size: tuple[int, int]) -> PaintedMasks:
    return PaintedMasks(passes=[one.probabilities for one in passes], ids=[one.ids for one in passes], size=size)


def _expected_colours(objects: Sequence[Tensor], colours: palette.Palette) -> Tensor:
    """(3, h, w) RGB of one pass, from its objects' probabilities (h, w) in the order of their slots."""
    rest = 1 - torch.stack(list(objects)).sum(dim=0)
    probabilities = palette.softened(torch.stack([rest, *objects]))
    return palette.colour_probabilities(probabilities[None], colours)[0]


def _override(passes: Sequence[_Pass], ids: LabelMap, given: Ids) -> LabelMap:
    """The prediction with the given objects taken from the user's mask, but for its void."""
    predicted = _painted_masks(passes, ids.shape).label_map()
    others = [rest for one in passes if (rest := one.without(given)).ids]
    labels = np.where(ids == 0, _painted_masks(others, ids.shape).label_map(), ids)
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
