"""A model that does nothing: what is left is the pipeline's own."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from seggpt_core.canvas import Resampling
from seggpt_core.inputs import check_prompts, target_grid
from seggpt_core.prompt import FrameFeatures, PromptFeatures, PromptSet, Validity
from seggpt_core.window import WHOLE, Window

_STRIDE = 4


@dataclass(frozen=True, kw_only=True)
class IdlePrompt(PromptFeatures):
    """Colours (P, 3, h, w)."""

    colours: Tensor


@dataclass(frozen=True, kw_only=True)
class IdlePromptSet(PromptSet):
    """Colours of the first prompt."""

    colours: Tensor


class IdleModel:
    """Paints every frame as the first of its prompts, at stride 4; it never looks at a picture."""

    name = "idle"
    weights_hash = hashlib.sha256(b"idle").hexdigest()
    slots = 3
    multiple = 16
    input_size: tuple[int, int] | None = None
    resampling: Resampling = "smooth"
    crops = False

    def __init__(self, weights: Path | None, device: torch.device) -> None:
        """weights: there are none; the argument is what `--model package.module:Class` is called with."""
        if weights is not None:
            raise ValueError(f"{weights}: a model that does nothing has no weights")
        self.device = device

    def encode_frame(self, image: Tensor, window: Window = WHOLE) -> FrameFeatures:
        size = (image.shape[1], image.shape[2])
        valid = Validity(model=self.name, weights=self.weights_hash, size=size, dtype=image.dtype, device=self.device)
        return FrameFeatures(valid=valid)

    def encode_prompts(
        self, frame: FrameFeatures, targets: Tensor, known: Tensor | None = None, trust: float = 1.0
    ) -> IdlePrompt:
        colours, _ = target_grid(targets, known, frame.valid, _STRIDE)
        return IdlePrompt(valid=frame.valid, passes=len(targets), colours=colours)

    def prepare(self, prompts: Sequence[PromptFeatures]) -> IdlePromptSet:
        own = [prompt for prompt in prompts if isinstance(prompt, IdlePrompt)]
        check_prompts(prompts, own)
        first = own[0]
        return IdlePromptSet(valid=first.valid, passes=first.passes, prompts=len(own), colours=first.colours)

    def segment(self, frame: FrameFeatures, prompts: PromptSet) -> Tensor:
        if not isinstance(prompts, IdlePromptSet):
            raise TypeError(f"prompts of IdleModel are needed, not {type(prompts).__name__}")
        return prompts.colours
