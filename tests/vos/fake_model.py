"""A model without weights: it remembers which colour each shade of the prompts' pixels was painted.

It answers the four calls, so that the tracker, the memory and the pipeline are tested without a network.
Pictures for it must be flat-coloured; shades that no prompt shows are painted black.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.canvas import Resampling
from seggpt_core.prompt import FrameFeatures, PromptFeatures, PromptSet, Validity
from seggpt_core.window import WHOLE, Window

_STRIDE = 2
_LEVELS = 8


@dataclass(frozen=True, kw_only=True)
class ShadeFrame(FrameFeatures):
    """The shade of each pixel at half size, (h, w), 0..511."""

    shades: Tensor


@dataclass(frozen=True, kw_only=True)
class ShadePrompt(PromptFeatures):
    """Votes of one frame: (512, P, 4) summed colours and weights."""

    votes: Tensor
    targets: Tensor
    known: Tensor | None
    trust: float


@dataclass(frozen=True, kw_only=True)
class ShadePromptSet(PromptSet):
    """Votes of all frames."""

    votes: Tensor


class ShadeModel:
    """`calls` counts what was asked of it; `prompted` keeps every prompt, `windows` the window of every frame."""

    name = "shade"
    weights_hash = hashlib.sha256(b"shade").hexdigest()
    slots = 3
    multiple = 16
    input_size: tuple[int, int] | None = None
    resampling: Resampling = "smooth"
    crops = True
    device = torch.device("cpu")

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.prompted: list[ShadePrompt] = []
        self.windows: list[Window] = []

    def encode_frame(self, image: Tensor, window: Window = WHOLE) -> ShadeFrame:
        self.calls["encode_frame"] += 1
        self.windows.append(window)
        size = (image.shape[1], image.shape[2])
        small = F.avg_pool2d(image[None], _STRIDE)[0]
        red, green, blue = (small * (_LEVELS - 1)).round().long()
        valid = Validity(model=self.name, weights=self.weights_hash, size=size, dtype=small.dtype, device=self.device)
        return ShadeFrame(valid=valid, shades=(red * _LEVELS + green) * _LEVELS + blue)

    def encode_prompts(
        self, frame: FrameFeatures, targets: Tensor, known: Tensor | None = None, trust: float = 1.0
    ) -> ShadePrompt:
        assert isinstance(frame, ShadeFrame)
        self.calls["encode_prompts"] += 1
        size = frame.shades.shape
        weight = torch.ones(size) if known is None else F.interpolate(known[None, None], size=size, mode="area")[0, 0]
        colours = F.interpolate(targets, size=size, mode="area")
        votes = torch.zeros(_LEVELS**3, len(targets), 4)
        stacked = torch.cat([colours * weight, weight.expand(len(targets), 1, -1, -1)], dim=1)
        votes.index_add_(0, frame.shades.flatten(), trust * stacked.flatten(2).permute(2, 0, 1))
        prompt = ShadePrompt(
            valid=frame.valid, passes=len(targets), votes=votes, targets=targets, known=known, trust=trust
        )
        self.prompted.append(prompt)
        return prompt

    def prepare(self, prompts: Sequence[PromptFeatures]) -> ShadePromptSet:
        self.calls["prepare"] += 1
        assert len({prompt.passes for prompt in prompts}) == 1
        votes = torch.stack([prompt.votes for prompt in prompts if isinstance(prompt, ShadePrompt)]).sum(0)
        return ShadePromptSet(valid=prompts[0].valid, passes=prompts[0].passes, prompts=len(prompts), votes=votes)

    def segment(self, frame: FrameFeatures, prompts: PromptSet) -> Tensor:
        assert isinstance(frame, ShadeFrame)
        assert isinstance(prompts, ShadePromptSet)
        self.calls["segment"] += 1
        colours = prompts.votes[..., :3] / prompts.votes[..., 3:].clamp(min=1e-6)
        return colours[frame.shades].permute(2, 3, 0, 1)
