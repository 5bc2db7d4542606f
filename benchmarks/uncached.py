"""A model without a prompt cache: what a frame costs when every prompt is encoded again, stem included."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from seggpt_core.prompt import FrameFeatures, InContextModel, PromptFeatures, PromptSet
from seggpt_core.window import WHOLE, Window


@dataclass(frozen=True, kw_only=True)
class UncachedFrame(FrameFeatures):
    """The query's features, and the image that a prompt made of it will remember."""

    image: torch.Tensor
    window: Window
    query: FrameFeatures


@dataclass(frozen=True, kw_only=True)
class UncachedPrompt(PromptFeatures):
    """An image and its colours, nothing more."""

    image: torch.Tensor
    window: Window
    targets: torch.Tensor
    known: torch.Tensor | None
    trust: float


@dataclass(frozen=True, kw_only=True)
class UncachedPromptSet(PromptSet):
    """Prompts still to be encoded."""

    remembered: tuple[UncachedPrompt, ...]


class Uncached:
    """Answers the four calls with another model's answers; only the query is encoded once."""

    def __init__(self, model: InContextModel) -> None:
        self._model = model
        self.name = model.name
        self.weights_hash = model.weights_hash
        self.slots = model.slots
        self.multiple = model.multiple
        self.input_size = model.input_size
        self.resampling = model.resampling
        self.crops = model.crops
        self.device = model.device

    def encode_frame(self, image: torch.Tensor, window: Window = WHOLE) -> UncachedFrame:
        query = self._model.encode_frame(image, window)
        return UncachedFrame(valid=query.valid, image=image, window=window, query=query)

    def encode_prompts(
        self, frame: FrameFeatures, targets: torch.Tensor, known: torch.Tensor | None = None, trust: float = 1.0
    ) -> UncachedPrompt:
        if not isinstance(frame, UncachedFrame):
            raise TypeError(f"a frame of Uncached is needed, not {type(frame).__name__}")
        return UncachedPrompt(
            valid=frame.valid,
            passes=len(targets),
            image=frame.image,
            window=frame.window,
            targets=targets,
            known=known,
            trust=trust,
        )

    def prepare(self, prompts: Sequence[PromptFeatures]) -> UncachedPromptSet:
        remembered = tuple(prompt for prompt in prompts if isinstance(prompt, UncachedPrompt))
        if len(remembered) != len(prompts):
            raise TypeError("prompts of Uncached are needed")
        first = remembered[0]
        return UncachedPromptSet(valid=first.valid, passes=first.passes, prompts=len(remembered), remembered=remembered)

    def segment(self, frame: FrameFeatures, prompts: PromptSet) -> torch.Tensor:
        """Everything is done here, since the memory keeps a prepared set while it does not change."""
        if not isinstance(frame, UncachedFrame) or not isinstance(prompts, UncachedPromptSet):
            raise TypeError("a frame and prompts of Uncached are needed")
        encoded = [
            self._model.encode_prompts(
                self._model.encode_frame(prompt.image, prompt.window), prompt.targets, prompt.known, prompt.trust
            )
            for prompt in prompts.remembered
        ]
        return self._model.segment(frame.query, self._model.prepare(encoded))
