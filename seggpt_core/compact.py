"""The compact model: a matching readout, transformer blocks whose prompts are kept, and a decoder.

`CompactNet` is the network on batches, for training; `Compact` answers the four calls of
`seggpt_core.prompt` with it. A frame is encoded once and remembered once: what a prompt contributes
(matching keys, colours at stride 4, each block's keys and values) never depends on the query.

Shape suffixes: B frames, P passes, N stride-8 patches and n stride-16 tokens of a frame, M and m those
that all prompts together keep.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seggpt_core.blocks import Blocks, KeysValues, thinned
from seggpt_core.canvas import Resampling
from seggpt_core.config import CompactConfig
from seggpt_core.decoder import Decoder, Skips
from seggpt_core.errors import InputError
from seggpt_core.execution import EXACT, Execution
from seggpt_core.inputs import check_prompts, image_batch, own_frame, target_grid
from seggpt_core.matching import (
    DESCRIPTOR_CHANNELS,
    MAX_SHARPNESS,
    Patches,
    descriptors,
    match,
    prompt_patches,
)
from seggpt_core.prompt import FrameFeatures, PromptFeatures, PromptSet, Validity
from seggpt_core.stem import CHANNELS, MAP_SCALE, Stem, StemMaps

_TARGET_CHANNELS = 4 * 16
"""RGB and known at stride 4, unshuffled to stride 16."""
TARGET_SCALE = 2.0
"""For about unit size, as `seggpt_core.decoder` has it."""


class EncodedFrames(NamedTuple):
    """What depends on images alone, for B frames; `grid` is (H/16, W/16)."""

    keys: Tensor
    tokens: Tensor
    skips: Skips
    grid: tuple[int, int]


class EncodedPrompts(NamedTuple):
    """What frames contribute as prompts: what is matched of them, and each block's keys and values, `thinned`."""

    patches: Patches
    attention: tuple[KeysValues, ...]


class CompactNet(nn.Module):
    """The network, on batches of frames of one size."""

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = Stem()
        self.key = nn.Linear(DESCRIPTOR_CHANNELS, config.key_channels, bias=False)
        self.log_sharpness = nn.Parameter(torch.tensor(25.0).log())
        self.log_radius = nn.Parameter(torch.tensor(6.0).log())
        self.image_tokens = nn.Conv2d(CHANNELS["d8"] + CHANNELS["s16"], config.width, 1)
        self.query_token = nn.Parameter(torch.zeros(config.width))
        if config.depth:
            self.target_tokens = nn.Conv2d(_TARGET_CHANNELS, config.width, 3, padding=1)
        self.blocks = Blocks(config.width, config.heads, config.mlp_ratio, config.depth)
        self.token_norm = nn.LayerNorm(config.width)
        self.decoder = Decoder(config.width, config.decoder_width, config.detail_width)

    @property
    def sharpness(self) -> Tensor:
        """Inverse temperature of matching, bounded so that no weight leaves the range of float32."""
        return self.log_sharpness.exp().clamp(max=MAX_SHARPNESS)

    def encode(self, images: Tensor) -> EncodedFrames:
        """images: (B, 3, H, W) RGB in 0..1, H and W multiples of 16."""
        maps = self.stem(images)
        # Matching multiplies what a key is off by with its sharpness.
        with torch.autocast(images.device.type, enabled=False):
            keys = F.normalize(self.key(self.describe(images, maps.float())), dim=-1)
        tokens = self.image_tokens(torch.cat([maps.strided(), maps.s16], dim=1) * MAP_SCALE)
        return EncodedFrames(
            keys=keys,
            tokens=tokens.flatten(2).transpose(1, 2),
            skips=self.decoder.skips(maps),
            grid=(tokens.shape[-2], tokens.shape[-1]),
        )

    @staticmethod
    def describe(images: Tensor, maps: StemMaps) -> Tensor:
        """Unit descriptors of the stride-8 patches, (B, N, DESCRIPTOR_CHANNELS)."""
        return F.normalize(descriptors(images, maps).flatten(2).transpose(1, 2), dim=-1)

    def encode_prompts(
        self, frames: EncodedFrames, targets: Tensor, known: Tensor, trust: float = 1.0
    ) -> EncodedPrompts:
        """targets: (B·P, 3, H/4, W/4) colours in 0..1; known: (B·P, 1, H/4, W/4) in 0..1; tokens of `frames` too.
        trust: see `InContextModel.encode_prompts`; matching alone knows it."""
        by_frame = (len(frames.keys), -1)
        return EncodedPrompts(
            patches=prompt_patches(frames.keys, targets.unflatten(0, by_frame), known.unflatten(0, by_frame), trust),
            attention=self._attention(frames, targets, known) if self.config.depth else (),
        )

    def _attention(self, frames: EncodedFrames, targets: Tensor, known: Tensor) -> tuple[KeysValues, ...]:
        seen = F.pixel_unshuffle(torch.cat([targets * known, known], dim=1), 4)
        tokens = frames.tokens + self.target_tokens(TARGET_SCALE * seen).flatten(2).transpose(1, 2)
        return tuple(thinned(block, frames.grid) for block in self.blocks.remember(tokens, frames.grid))

    def paint(self, query: EncodedFrames, prompts: Sequence[Patches], attention: Sequence[KeysValues]) -> Tensor:
        """Colours (G·P, 3, H/2, W/2) of G query frames in P passes each.

        prompts: of P passes; attention: each block's keys and values, (G·P, h, m, d).
        """
        passes = prompts[0].values.shape[2]
        grid = (query.grid[0] * 2, query.grid[1] * 2)
        # In bfloat16 the exponent of a match would be off by a tenth.
        with torch.autocast(query.keys.device.type, enabled=False):
            readout = match(query.keys, prompts, self.sharpness, self.log_radius.exp(), grid)
        tokens = (query.tokens + self.query_token).repeat_interleave(passes, dim=0)
        tokens = self.blocks(tokens, query.grid, attention)
        tokens = self.token_norm(tokens).transpose(1, 2).unflatten(2, query.grid)
        skips = Skips(*(getattr(query.skips, name).repeat_interleave(passes, dim=0) for name in ("s8", "s4", "s2")))
        painted: Tensor = self.decoder(tokens, skips, readout)
        return painted


@dataclass(frozen=True, kw_only=True)
class CompactFrame(FrameFeatures):
    """One frame's tensors."""

    keys: Tensor
    tokens: Tensor
    skips: tuple[Tensor, Tensor, Tensor]
    grid: tuple[int, int]

    def encoded(self, passes: int = 1) -> EncodedFrames:
        """As a batch for the network: the frame once, or its tokens once a pass."""
        return EncodedFrames(self.keys, self.tokens.expand(passes, -1, -1), Skips(*self.skips), self.grid)


@dataclass(frozen=True, kw_only=True)
class CompactPrompt(PromptFeatures):
    """One prompt frame: its keys once, its values and attention for every pass."""

    patches: Patches
    attention: tuple[KeysValues, ...]


@dataclass(frozen=True, kw_only=True)
class CompactPromptSet(PromptSet):
    """Patches of every prompt, and attention to all of them."""

    patches: tuple[Patches, ...]
    attention: tuple[KeysValues, ...]


class Compact:
    """`CompactNet` behind the four calls. Three objects a pass; inputs are multiples of 16."""

    slots = 3
    multiple = 16
    input_size: tuple[int, int] | None = None
    resampling: Resampling = "smooth"

    def __init__(
        self,
        net: CompactNet,
        weights_hash: str,
        device: torch.device,
        name: str = "compact",
        execution: Execution = EXACT,
    ) -> None:
        """net: with its weights loaded; it is moved to `device` and put in eval mode. name: what its weights are.

        execution: its precision; parts are not compiled, nor frames recorded.
        """
        self.name = name
        self.net = net.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self.weights_hash = weights_hash
        self.device = device
        self.execution = execution

    @torch.inference_mode()
    def encode_frame(self, image: Tensor) -> CompactFrame:
        """See `InContextModel.encode_frame`."""
        with self.execution.autocast(self.device):
            frames = self.net.encode(image_batch(image, self.multiple, self.device))
        skips = (frames.skips.s8, frames.skips.s4, frames.skips.s2)
        valid = Validity(
            model=self.name,
            weights=self.weights_hash,
            size=(image.shape[-2], image.shape[-1]),
            dtype=frames.tokens.dtype,
            device=self.device,
        )
        return CompactFrame(valid=valid, keys=frames.keys, tokens=frames.tokens, skips=skips, grid=frames.grid)

    @torch.inference_mode()
    def encode_prompts(
        self, frame: FrameFeatures, targets: Tensor, known: Tensor | None = None, trust: float = 1.0
    ) -> CompactPrompt:
        """See `InContextModel.encode_prompts`."""
        frame = own_frame(frame, CompactFrame, self.name, self.weights_hash)
        targets, known = target_grid(targets, known, frame.valid, stride=4)
        passes = targets.shape[0]
        with self.execution.autocast(self.device):
            made = self.net.encode_prompts(frame.encoded(passes), targets, known, trust)
        return CompactPrompt(valid=frame.valid, passes=passes, patches=made.patches, attention=made.attention)

    @torch.inference_mode()
    def prepare(self, prompts: Sequence[PromptFeatures]) -> CompactPromptSet:
        """See `InContextModel.prepare`."""
        own = [prompt for prompt in prompts if isinstance(prompt, CompactPrompt)]
        check_prompts(prompts, own)
        attention = tuple(
            (torch.cat([k for k, _ in block], dim=2), torch.cat([v for _, v in block], dim=2))
            for block in zip(*(prompt.attention for prompt in own), strict=True)
        )
        return CompactPromptSet(
            valid=own[0].valid,
            passes=own[0].passes,
            prompts=len(own),
            patches=tuple(prompt.patches for prompt in own),
            attention=attention,
        )

    @torch.inference_mode()
    def segment(self, frame: FrameFeatures, prompts: PromptSet) -> Tensor:
        """See `InContextModel.segment`; the output is (P, 3, H/2, W/2)."""
        frame = own_frame(frame, CompactFrame, self.name, self.weights_hash)
        if not isinstance(prompts, CompactPromptSet):
            raise InputError(f"prompts are a {type(prompts).__name__}: the compact model needs what its prepare() made")
        frame.valid.require(prompts.valid, "the prompt set")
        with self.execution.autocast(self.device):
            return self.net.paint(frame.encoded(), prompts.patches, prompts.attention).float()
