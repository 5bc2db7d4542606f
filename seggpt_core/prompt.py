"""The four-call interface both models answer, and what passes through it.

    frame   = model.encode_frame(image)              # what depends on the image alone
    prompt  = model.encode_prompts(frame, targets)   # that frame with its colours, for P passes
    prompts = model.prepare([prompt, ...])           # what depends on the set of prompts
    colours = model.segment(frame, prompts)          # the query frame, painted

Features are opaque to callers. Each carries a `Validity`, and a model refuses features that another
model, other weights, another dtype or device made, or another input size if it is not shown crops.

Shape suffixes: P passes (groups of objects painted together), H, W the model's input size,
h, w its output size.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import torch

from seggpt_core.canvas import Resampling
from seggpt_core.errors import InputError
from seggpt_core.window import WHOLE, Window


@dataclass(frozen=True, kw_only=True, slots=True)
class Validity:
    """What features are good for; two features go together only if these are equal, but for the size in models that
    take prompts of other sizes."""

    model: str
    weights: str
    """SHA-256 of the weights, in hexadecimal."""
    size: tuple[int, int]
    """Model input height and width in pixels."""
    dtype: torch.dtype
    device: torch.device

    def require(self, other: "Validity", what: str, *, any_size: bool = False) -> None:
        """Raise InputError naming the first field in which `other` differs from this; any_size: sizes may."""
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if mine != theirs and not (any_size and field.name == "size"):
                raise InputError(
                    f"{what} was made for {field.name} {theirs}, but {field.name} {mine} is needed here; "
                    "encode it again"
                )


@dataclass(frozen=True, kw_only=True)
class Features:
    """Base of everything a model hands out. `nbytes` counts the tensors it holds."""

    valid: Validity

    @property
    def nbytes(self) -> int:
        """Bytes held by this object's tensors (views counted whole)."""
        return sum(_nbytes(getattr(self, field.name)) for field in fields(self))


@dataclass(frozen=True, kw_only=True)
class FrameFeatures(Features):
    """What depends on one image alone: the query now, a prompt later."""


@dataclass(frozen=True, kw_only=True)
class PromptFeatures(Features):
    """A frame with its colours, for `passes` passes at once."""

    passes: int


@dataclass(frozen=True, kw_only=True)
class PromptSet(Features):
    """Several prompts made ready for queries."""

    passes: int
    prompts: int


class InContextModel(Protocol):
    """What the tracker, the memory and every command know of a model."""

    name: str
    weights_hash: str
    slots: int
    """Objects one pass can tell apart, background not counted."""
    multiple: int
    """Input height and width must be multiples of this."""
    input_size: tuple[int, int] | None
    """Height and width of the input that the model is made for, whatever a picture's aspect; None if it takes any."""
    resampling: Resampling
    """How pictures and targets are resized to its input."""
    crops: bool
    """Whether it may be shown parts of frames through windows of their own: it compares places in the picture, and
    takes prompts of other sizes. Others are shown whole frames of one size."""
    device: torch.device

    def encode_frame(self, image: torch.Tensor, window: Window = WHOLE) -> FrameFeatures:
        """image: (3, H, W) float32 RGB in 0..1 on any device; H and W multiples of `multiple`. window: the part of
        the picture that the image is; a model that does not mind where things are takes no notice."""
        ...

    def encode_prompts(
        self, frame: FrameFeatures, targets: torch.Tensor, known: torch.Tensor | None = None, trust: float = 1.0
    ) -> PromptFeatures:
        """targets: (P, 3, a, b) float RGB colours in 0..1, at any resolution of the frame's aspect (the
        model resamples to its own grid); known: (a, b) float 0..1, 0 where the target is unknown (void)
        and must not vote; None means all known. trust: how much its votes count beside those of other
        prompts; a model in which prompts do not vote takes no notice."""
        ...

    def prepare(self, prompts: Sequence[PromptFeatures]) -> PromptSet:
        """One or more prompts, all valid for this model and with equal `passes`, of one size unless it `crops`. Order
        is free."""
        ...

    def segment(self, frame: FrameFeatures, prompts: PromptSet) -> torch.Tensor:
        """(P, 3, h, w) float32 RGB colours, nominally 0..1, not clipped, at the model's own output resolution."""
        ...


def _nbytes(value: object) -> int:
    if isinstance(value, torch.Tensor):
        return value.nbytes
    if isinstance(value, (tuple, list)):
        return sum(_nbytes(item) for item in value)
    return 0
