"""One step at a time: a frame and the memory of earlier ones in, a segmentation out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import torch
import torch.nn.functional as F

from seggpt_core import canvas, palette
from seggpt_core.passes import check_labels, encode_labels, encode_picture, group_ids, segment_groups
from seggpt_core.prompt import FrameFeatures, InContextModel, PromptFeatures
from vos.crop import Crop, whole
from vos.errors import InputError
from vos.focus import Focus, Lens, unfocused
from vos.memory.bank import Bank
from vos.memory.policies import Policy, Record
from vos.memory.snapshot import CohortMemory, Memory
from vos.models import build_model
from vos.painted import (
    Figures,
    Ids,
    Pass,
    describe_given,
    describe_painted,
    expected_colours,
    override,
    painted_masks,
    without_others,
)
from vos.settings import TrackerSettings
from vos.soft_masks import GivenMasks, PaintedMasks
from vos.types import VOID, Frame, LabelMap, Segmentation

_WHOLE_TRUST = 0.25
"""How much a pixel of a given frame counts where it is shown as a whole, beside one of its crop: what both show is not
to count twice, and what has changed since must not be outvoted (`docs/ablations.md`)."""
_STRETCH = 3.0
"""How much taller or wider than the frame, for its area, a crop may be."""


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
class _View:
    """A part of a frame, as the model knows it."""

    crop: Crop
    features: FrameFeatures


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
        self._focus: Focus | None = None

    @torch.inference_mode()
    def start(self, frame: Frame, ids: LabelMap) -> Segmentation:
        """Segment a frame whose mask is given: the first, one where objects appear, or a correction.

        ids: (H, W) uint8. Ids that are not tracked yet are new objects; for the others the mask overrides the
        prediction. 0 says nothing of tracked objects that the mask does not hold: they keep their prediction
        where no given object covers it. 255 is void: it is predicted, and no prompt learns from it.
        """
        given = check_mask(ids, frame.index, frame.size)
        focus = self._focus_on(frame)
        view = self._encode(frame, focus.crop)
        passes = self._paint(view, focus)
        labels = override(passes, ids, given, focus.crop)
        self._admit(tuple(identity for identity in given if identity not in self._tracked))
        confidence, areas = describe_given(passes, labels, given, focus)
        self._focus = focus.after(labels, self._lens)
        views = self._views(frame, self._focus.crop, view)
        for cohort in self._cohorts:
            pinned = not set(given).isdisjoint(cohort.ids)
            record = _record(frame, cohort, confidence, areas, self._focus.crop, pinned=pinned)
            cohort.bank.offer(record, partial(self._encode_given, views, cohort, labels, ids if pinned else None))
        soft = GivenMasks(labels=labels, ids=self._tracked)
        return Segmentation(index=frame.index, ids=labels, confidence=confidence, soft=soft)

    @torch.inference_mode()
    def step(self, frame: Frame) -> Segmentation:
        """Segment the next frame. Raises InputError before `start`, or if the frames' size has changed."""
        if not self._cohorts:
            raise InputError(f"frame {frame.index} came before any mask: give one with start(frame, ids) first")
        focus = self._focus_on(frame)
        view = self._encode(frame, focus.crop)
        passes = self._paint(view, focus)
        confidence, areas = describe_painted(passes, focus)
        for cohort in self._cohorts:
            record = _record(frame, cohort, confidence, areas, focus.crop, pinned=False)
            cohort.bank.offer(record, partial(self._encode_painted, view, cohort, passes))
        soft = painted_masks(passes, frame.size, focus.crop)
        labels = soft.label_map()
        self._focus = focus.after(labels, self._lens)
        return Segmentation(index=frame.index, ids=labels, confidence=confidence, soft=soft)

    @property
    def memory(self) -> Memory:
        """What is remembered now; with `recall` another tracker of the same clip goes on from here."""
        cohorts = (CohortMemory(passes=cohort.passes, records=cohort.bank.records) for cohort in self._cohorts)
        return Memory(cohorts=tuple(cohorts), focus=self._focus)

    @torch.inference_mode()
    def recall(self, memory: Memory, frame: Frame, segmentation: Segmentation, mask: LabelMap | None) -> None:
        """Remember a frame as another tracker did, bit for bit.

        Called for each frame that `memory` names, in the order in which they were segmented, before `start` and `step`.
        segmentation: what the other tracker said of the frame; mask: what it was given there, if anything.
        """
        if not self._cohorts:
            self._cohorts = [self._cohort(kept.passes) for kept in memory.cohorts]
            self._focus = memory.focus
        view: _View | None = None
        for cohort, kept in zip(self._cohorts, memory.cohorts, strict=True):
            for record in (record for record in kept.records if record.index == frame.index):
                view = view or self._encode(frame, record.crop)
                cohort.bank.recall(record, self._encode_recalled(frame, view, cohort, record, segmentation, mask))

    @property
    def _tracked(self) -> Ids:
        return tuple(chain.from_iterable(cohort.ids for cohort in self._cohorts))

    def _focus_on(self, frame: Frame) -> Focus:
        """What is to be shown of this frame."""
        size = frame.size
        if self._focus is None:
            return unfocused(size)
        if self._focus.size != size:
            raise InputError(
                f"frame {frame.index} is {size[0]}x{size[1]} (height x width), but the clip began with "
                f"{self._focus.size[0]}x{self._focus.size[1]}: all frames must have one size"
            )
        return self._focus

    @property
    def _lens(self) -> Lens:
        """What is shown at an input of fixed shape keeps the frame's."""
        zoom = self._settings.zoom if self._model.crops else 1.0
        return Lens(zoom=zoom, stretch=_STRETCH if self._settings.size is None else 1.0)

    def _encode(self, frame: Frame, crop: Crop) -> _View:
        pixels, settings = crop.cut(frame.pixels), self._settings
        features = encode_picture(self._model, pixels, settings.size, settings.pixels, crop.window(frame.size))
        return _View(crop=crop, features=features)

    def _views(self, frame: Frame, crop: Crop, known: _View | None = None) -> tuple[_View, ...]:
        """Of a frame whose mask is given: what is shown of it, and all of it, which tells what else there is, and the
        objects at another scale; known: a view that there is already."""
        crops = dict.fromkeys((crop, whole(frame.size)))
        return tuple(known if known and known.crop == one else self._encode(frame, one) for one in crops)

    def _paint(self, view: _View, focus: Focus) -> list[Pass]:
        painted = []
        for cohort in self._cohorts:
            prompts = cohort.bank.prompts()
            probabilities = segment_groups(self._model, view.features, prompts, cohort.passes, self._palette)
            painted += [Pass(ids=ids, probabilities=one) for ids, one in zip(cohort.passes, probabilities, strict=True)]
        return [without_others(one, focus) for one in painted]

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
        self, views: Sequence[_View], cohort: _Cohort, labels: LabelMap, mask: LabelMap | None
    ) -> tuple[PromptFeatures, ...]:
        """A frame as prompts, from its label map; `mask` is the user's, if it gave any of the objects: its void pixels
        do not vote, the others with more right than a prediction."""
        known = np.ones(labels.shape, dtype=np.bool_) if mask is None else mask != VOID
        trusts = (1.0,) if mask is None else (self._settings.trust, _WHOLE_TRUST * self._settings.trust)

        def prompt(view: _View, trust: float) -> PromptFeatures:
            shown, voting = view.crop.cut(labels), view.crop.cut(known)
            return encode_labels(self._model, view.features, shown, voting, cohort.passes, self._palette, trust)

        return tuple(map(prompt, views, trusts))

    def _encode_painted(self, view: _View, cohort: _Cohort, passes: Sequence[Pass]) -> tuple[PromptFeatures, ...]:
        """A frame as a prompt, from what was painted: its probabilities, or the winners alone."""
        merged = palette.merge_passes([one.probabilities for one in passes])
        if not self._settings.soft_memory:
            merged = F.one_hot(merged.argmax(dim=0), len(merged)).movedim(-1, 0).float()
        planes = dict(zip(chain.from_iterable(one.ids for one in passes), merged[1:], strict=True))
        targets = torch.stack(
            [expected_colours([planes[identity] for identity in ids], self._palette) for ids in cohort.passes]
        )
        return (self._model.encode_prompts(view.features, targets),)

    def _encode_recalled(
        self,
        frame: Frame,
        view: _View,
        cohort: _Cohort,
        record: Record,
        segmentation: Segmentation,
        mask: LabelMap | None,
    ) -> tuple[PromptFeatures, ...]:
        """view: what was shown of the frame, the same for every cohort."""
        soft = segmentation.soft
        if mask is not None:
            if not record.pinned:
                return self._encode_given((view,), cohort, segmentation.ids, None)
            return self._encode_given(self._views(frame, view.crop, view), cohort, segmentation.ids, mask)
        if not isinstance(soft, PaintedMasks):
            raise InputError(f"frame {record.index} was painted, but its soft masks are {type(soft).__name__}")
        passes = [
            Pass(ids=tuple(ids), probabilities=one.to(self._model.device))
            for ids, one in zip(soft.ids, soft.passes, strict=True)
        ]
        return self._encode_painted(view, cohort, passes)


def _record(frame: Frame, cohort: _Cohort, confidence: Figures, areas: Figures, crop: Crop, *, pinned: bool) -> Record:
    return Record(
        index=frame.index,
        pinned=pinned,
        confidence={identity: confidence[identity] for identity in cohort.ids},
        areas={identity: areas[identity] for identity in cohort.ids},
        crop=crop,
    )
