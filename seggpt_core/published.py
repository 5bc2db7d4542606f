"""SegGPT as published behind the four calls of `seggpt_core.prompt`, by the fast path.

Shape suffixes: P passes, K prompts, a, b pixels of the model's input, h, w its rows and columns of tokens,
D channels of a token.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core import fast
from seggpt_core.canvas import Resampling
from seggpt_core.errors import InputError
from seggpt_core.execution import EXACT, Execution, GraphedCall, capture_on_cuda
from seggpt_core.halves import PLAIN, Halves, compiled_steps
from seggpt_core.inputs import check_prompts, image_batch, own_frame, target_grid
from seggpt_core.model import Kind, SegGPT
from seggpt_core.palette import TETRAHEDRON
from seggpt_core.prompt import FrameFeatures, PromptFeatures, PromptSet, Validity
from seggpt_core.stacking import denormalise, normalise
from seggpt_core.window import WHOLE, Window

Ensemble = Literal["feature", "spatial"]
"""How several prompts go together: averaged in every block (the paper's best for video), or tiled n×n into one."""


@dataclass(frozen=True, kw_only=True)
class PublishedFrame(FrameFeatures):
    """A picture, normalised, (3, a, b), and its patches, (h, w, D)."""

    pixels: Tensor
    patches: Tensor


@dataclass(frozen=True, kw_only=True)
class PublishedPrompt(PromptFeatures):
    """A picture and its targets, normalised, (3, a, b) and (P, 3, a, b), with their patches."""

    pixels: Tensor
    patches: Tensor
    targets: Tensor
    target_patches: Tensor


@dataclass(frozen=True, kw_only=True)
class PublishedPromptSet(PromptSet):
    """The images' patches, (K, h, w, D), and the targets' stream, for every pass."""

    patches: Tensor
    targets: Halves


class Published:
    """`SegGPT` behind the four calls; the output is as large as the input, whose sides are whole patches."""

    slots = TETRAHEDRON.slots
    resampling: Resampling = "official"
    crops = False

    def __init__(
        self,
        net: SegGPT,
        name: str,
        weights_hash: str,
        device: torch.device,
        kind: Kind = "instance",
        ensemble: Ensemble = "feature",
        execution: Execution = EXACT,
    ) -> None:
        """net: with its weights loaded; it is moved to `device` and put in eval mode.

        Raises InputError for an execution that the device is not capable of.
        """
        execution.require(device)
        self.net = net.to(device).eval()
        self.name = name
        self.weights_hash = weights_hash
        self.device = device
        self.kind: Kind = kind
        self.ensemble = ensemble
        self.multiple = net.config.patch
        self.input_size: tuple[int, int] | None = (net.config.canvas[0] // 2, net.config.canvas[1])
        self.execution = execution
        self._steps = compiled_steps() if execution.compile else PLAIN
        self._paint = GraphedCall(self._plain_paint, capture_on_cuda) if execution.cuda_graphs else self._plain_paint

    @torch.inference_mode()
    def encode_frame(self, image: Tensor, window: Window = WHOLE) -> PublishedFrame:
        """See `InContextModel.encode_frame`; prompts are pictures of their own, wherever they were cut from."""
        pixels = normalise(image_batch(image, self.multiple, self.device)[0])
        patches = self._embed(pixels)
        valid = Validity(
            model=f"{self.name}, {self.kind}, {self.ensemble} ensemble",
            weights=self.weights_hash,
            size=(image.shape[-2], image.shape[-1]),
            dtype=patches.dtype,
            device=self.device,
        )
        return PublishedFrame(valid=valid, pixels=pixels, patches=patches)

    @torch.inference_mode()
    def encode_prompts(
        self, frame: FrameFeatures, targets: Tensor, known: Tensor | None = None, trust: float = 1.0
    ) -> PublishedPrompt:
        """See `InContextModel.encode_prompts`. The model has no notion of an unknown pixel: it is background. Its
        prompts are averaged, none counts more than another."""
        frame = own_frame(frame, PublishedFrame, self.name, self.weights_hash)
        targets, known = target_grid(targets, known, frame.valid, stride=1)
        targets = normalise(targets * known)
        return PublishedPrompt(
            valid=frame.valid,
            passes=len(targets),
            pixels=frame.pixels,
            patches=frame.patches,
            targets=targets,
            target_patches=self._embed(targets),
        )

    @torch.inference_mode()
    def prepare(self, prompts: Sequence[PromptFeatures]) -> PublishedPromptSet:
        """See `InContextModel.prepare`."""
        own = [prompt for prompt in prompts if isinstance(prompt, PublishedPrompt)]
        check_prompts(prompts, own)
        if self.ensemble == "spatial":
            patches = self._embed(tiled([prompt.pixels for prompt in own]))[None]
            target_patches = self._embed(tiled([prompt.targets for prompt in own]))[:, None]
        else:
            patches = torch.stack([prompt.patches for prompt in own])
            target_patches = torch.stack([prompt.target_patches for prompt in own], dim=1)
        with self.execution.autocast(self.device):
            targets = fast.target_stream(self.net, target_patches, self.kind, self._steps)
        return PublishedPromptSet(
            valid=own[0].valid, passes=own[0].passes, prompts=len(own), patches=patches, targets=targets
        )

    @torch.inference_mode()
    def segment(self, frame: FrameFeatures, prompts: PromptSet) -> Tensor:
        """See `InContextModel.segment`; the output is (P, 3, a, b)."""
        frame = own_frame(frame, PublishedFrame, self.name, self.weights_hash)
        if not isinstance(prompts, PublishedPromptSet):
            raise InputError(f"prompts are a {type(prompts).__name__}: {self.name} needs what its prepare() made")
        frame.valid.require(prompts.valid, "the prompt set")
        return denormalise(self._paint(prompts.patches, frame.patches, *prompts.targets).float())

    def _embed(self, pixels: Tensor) -> Tensor:
        with self.execution.autocast(self.device):
            return fast.embed(self.net, pixels)

    def _plain_paint(self, prompts: Tensor, query: Tensor, target_prompts: Tensor, target_query: Tensor) -> Tensor:
        with self.execution.autocast(self.device):
            targets = Halves(target_prompts, target_query)
            return fast.paint(self.net, prompts, query, targets, self.kind, self._steps)


def tiled(pictures: Sequence[Tensor]) -> Tensor:
    """Spatial ensemble: pictures (..., 3, a, b) tiled n×n, row by row, and resized to (..., 3, a, b).

    n is the least that holds them all; where they do not fill the square they begin again from the first.
    """
    count = math.ceil(math.sqrt(len(pictures)))
    rows = [
        torch.cat([pictures[(row * count + column) % len(pictures)] for column in range(count)], dim=-1)
        for row in range(count)
    ]
    large = torch.cat(rows, dim=-2)
    size = (pictures[0].shape[-2], pictures[0].shape[-1])
    small = F.interpolate(large.reshape(-1, *large.shape[-3:]), size=size, mode="area")
    return small.reshape(pictures[0].shape)
