"""What the training loop knows of a model: paint the later frames of a batch of clips.

Shape suffixes: B clips of T frames at H×W.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

from seggpt_core.compact import CompactNet, EncodedFrames
from seggpt_core.decoder import Skips
from seggpt_core.losses import colour_logits
from seggpt_core.matching import Patches, principal_axes, prompt_patches
from seggpt_core.training.batch import Batch

_LATE_BLOCK = 4
"""The stem's first block at stride 8."""


class Learner(Protocol):
    """A network with its way of being trained."""

    @property
    def net(self) -> nn.Module:
        """What is trained."""
        ...

    @property
    def model(self) -> str:
        """The name its weights are stored under."""
        ...

    @property
    def sizes(self) -> Mapping[str, object]:
        """The hyper-parameters stored beside its weights."""
        ...

    def initialise(self, make_batch: Callable[[], Batch]) -> None:
        """Set what is fitted to data before the first step; make_batch makes the data, if it is called."""
        ...

    def unfreeze(self) -> None:
        """Let what does not learn at first learn too."""
        ...

    def compile(self) -> None:
        """Have the network's parts compiled when they are first called."""
        ...

    def paint(self, batch: Batch) -> Tensor:
        """Colours of frames 1..T-1 of each clip, (B, T-1, 3, h, w)."""
        ...


class CompactLearner:
    """Trains a `CompactNet` as it is used: frame 0 is given, each later frame is painted from those before
    it, and where the batch says so the model reads its own earlier paintings instead of the truth."""

    model = "compact"

    def __init__(self, net: CompactNet, *, fitted: bool = False, trust: float = 1.0) -> None:
        """fitted: the net has learned before; nothing is set from data. trust: of frame 0 in matching, see
        `InContextModel.encode_prompts`."""
        self.net = net
        self._fitted = fitted
        self._trust = trust
        self.sizes = dataclasses.asdict(net.config)
        net.stem.requires_grad_(False)

    def initialise(self, make_batch: Callable[[], Batch]) -> None:
        """Key projection from a principal component analysis of the descriptors of the batch."""
        if self._fitted:
            return
        images = make_batch().images.flatten(0, 1)
        with torch.no_grad():
            axes = principal_axes(self.net.describe(images, self.net.stem(images)), self.net.config.key_channels)
            self.net.key.weight.copy_(axes)

    def unfreeze(self) -> None:
        """Let the stem learn from stride 8 on: the edges and corners before it are general, and dear to learn."""
        self.net.stem.blocks[_LATE_BLOCK:].requires_grad_(True)

    def compile(self) -> None:
        """The stem and the decoder; what lies between them is matching, of as many patches as a batch shows."""
        for part in (self.net.stem, self.net.decoder):
            part.compile()

    def paint(self, batch: Batch) -> Tensor:
        """See `Learner.paint`; h, w are H/2, W/2."""
        clips, length = batch.images.shape[:2]
        frames = self.net.encode(batch.images.transpose(0, 1).flatten(0, 1))
        by_time = [_slice(frames, time * clips, (time + 1) * clips) for time in range(length)]
        prompts = [self._remember(by_time[0], *batch.target(0), self._trust)]
        painted = []
        for time in range(1, length):
            colours = self.net.paint(by_time[time], prompts)
            painted.append(colours)
            if time < length - 1:
                target, known = self._next_target(batch, time, colours)
                prompts.append(self._remember(by_time[time], target, known, 1.0))
        return torch.stack(painted, dim=1)

    @staticmethod
    def _remember(frame: EncodedFrames, target: Tensor, known: Tensor, trust: float) -> Patches:
        size = (frame.grid[0] * 2, frame.grid[1] * 2)
        pool = torch.nn.functional.adaptive_avg_pool2d
        colours, voting = pool(target, size)[:, None], pool(known, size)[:, None]
        return prompt_patches(frame.keys, colours, voting, frame.windows, trust)

    def _next_target(self, batch: Batch, time: int, painted: Tensor) -> tuple[Tensor, Tensor]:
        """The truth of this frame, or the soft mask the model just painted, a clip at a time."""
        truth, known = batch.target(time)
        shares = (colour_logits(painted.detach(), batch.colours, batch.counts) / 2).softmax(dim=1)
        soft = torch.einsum("bkhw,bkc->bchw", shares, batch.colours)
        own = torch.nn.functional.interpolate(soft, size=truth.shape[-2:], mode="bilinear", align_corners=False)
        reads_own = batch.own[:, None, None, None]
        return torch.where(reads_own, own, truth), torch.where(reads_own, torch.ones_like(known), known)


def _slice(frames: EncodedFrames, start: int, stop: int) -> EncodedFrames:
    return EncodedFrames(
        keys=frames.keys[start:stop],
        skips=Skips(*(skip[start:stop] for skip in frames.skips)),
        grid=frames.grid,
        windows=frames.windows[start:stop],
    )
