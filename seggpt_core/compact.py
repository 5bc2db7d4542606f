"""The compact model: a matching readout, and a decoder that corrects it by what the query itself shows.

`CompactNet` is the network on batches, for training; `Compact` answers the four calls of
`seggpt_core.prompt` with it. A frame is encoded once and remembered once: what a prompt contributes
(matching keys, colours at stride 4) never depends on the query.

Shape suffixes: B frames, G query frames, P passes, N stride-8 patches of a frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
from seggpt_core.places import whole_windows
from seggpt_core.prompt import FrameFeatures, PromptFeatures, PromptSet, Validity
from seggpt_core.stem import Stem, StemMaps
from seggpt_core.window import WHOLE, Window


class EncodedFrames(NamedTuple):
    """What depends on images alone, for B frames."""

    keys: Tensor
    """(B, N, C), unit length, float32."""
    skips: Skips
    grid: tuple[int, int]
    """(H/8, W/8)"""
    windows: Tensor
    """(B, 4), what each frame shows of its picture, as `Window.tensor` gives it."""


class CompactNet(nn.Module):
    """The network, on batches of frames of one size."""

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = Stem()
        self.key = nn.Linear(DESCRIPTOR_CHANNELS, config.key_channels, bias=False)
        self.log_sharpness = nn.Parameter(torch.tensor(25.0).log())
        self.log_radius = nn.Parameter(torch.tensor(6.0).log())
        self.decoder = Decoder(config.width, config.decoder_width, config.detail_width)

    @property
    def sharpness(self) -> Tensor:
        """Inverse temperature of matching, bounded so that no weight leaves the range of float32."""
        return self.log_sharpness.exp().clamp(max=MAX_SHARPNESS)

    def encode(self, images: Tensor, windows: Tensor | None = None) -> EncodedFrames:
        """images: (B, 3, H, W) RGB in 0..1, H and W multiples of 16; windows: (B, 4), what each shows of its picture,
        as `Window.tensor` gives it; None where they show all."""
        maps = self.stem(images)
        # Matching multiplies what a key is off by with its sharpness.
        with torch.autocast(images.device.type, enabled=False):
            keys = F.normalize(self.key(self.describe(images, maps.float())), dim=-1)
        grid = (maps.s8.shape[-2], maps.s8.shape[-1])
        windows = whole_windows(len(images), images.device) if windows is None else windows
        return EncodedFrames(keys=keys, skips=self.decoder.skips(maps), grid=grid, windows=windows)

    @staticmethod
    def describe(images: Tensor, maps: StemMaps) -> Tensor:
        """Unit descriptors of the stride-8 patches, (B, N, DESCRIPTOR_CHANNELS)."""
        return F.normalize(descriptors(images, maps).flatten(2).transpose(1, 2), dim=-1)

    def paint(self, query: EncodedFrames, prompts: Sequence[Patches]) -> Tensor:
        """Colours (G·P, 3, H/2, W/2) of G query frames, from prompts of P passes each."""
        passes = prompts[0].values.shape[2]
        # In bfloat16 the exponent of a match would be off by a tenth.
        with torch.autocast(query.keys.device.type, enabled=False):
            readout = match(query.keys, prompts, self.sharpness, self.log_radius.exp(), query.grid, query.windows)
        skips = Skips(*(skip.repeat_interleave(passes, dim=0) for skip in query.skips))
        painted: Tensor = self.decoder(skips, readout)
        return painted


@dataclass(frozen=True, kw_only=True)
class CompactFrame(FrameFeatures):
    """One frame, as a batch of one."""

    encoded: EncodedFrames


@dataclass(frozen=True, kw_only=True)
class CompactPrompt(PromptFeatures):
    """One prompt frame: its keys once, its values for every pass."""

    patches: Patches


@dataclass(frozen=True, kw_only=True)
class CompactPromptSet(PromptSet):
    """What is matched of every prompt."""

    patches: tuple[Patches, ...]


class Compact:
    """`CompactNet` behind the four calls. Three objects a pass; inputs are multiples of 16."""

    slots = 3
    multiple = 16
    input_size: tuple[int, int] | None = None
    resampling: Resampling = "smooth"
    crops = True

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
    def encode_frame(self, image: Tensor, window: Window = WHOLE) -> CompactFrame:
        """See `InContextModel.encode_frame`."""
        shown = window.tensor(self.device)[None]
        with self.execution.autocast(self.device):
            encoded = self.net.encode(image_batch(image, self.multiple, self.device), shown)
        valid = Validity(
            model=self.name,
            weights=self.weights_hash,
            size=(image.shape[-2], image.shape[-1]),
            dtype=encoded.skips.s8.dtype,
            device=self.device,
        )
        return CompactFrame(valid=valid, encoded=encoded)

    @torch.inference_mode()
    def encode_prompts(
        self, frame: FrameFeatures, targets: Tensor, known: Tensor | None = None, trust: float = 1.0
    ) -> CompactPrompt:
        """See `InContextModel.encode_prompts`."""
        frame = own_frame(frame, CompactFrame, self.name, self.weights_hash)
        targets, known = target_grid(targets, known, frame.valid, stride=4)
        patches = prompt_patches(frame.encoded.keys, targets[None], known[None], frame.encoded.windows, trust)
        return CompactPrompt(valid=frame.valid, passes=len(targets), patches=patches)

    @torch.inference_mode()
    def prepare(self, prompts: Sequence[PromptFeatures]) -> CompactPromptSet:
        """See `InContextModel.prepare`."""
        own = [prompt for prompt in prompts if isinstance(prompt, CompactPrompt)]
        check_prompts(prompts, own, any_size=True)
        return CompactPromptSet(
            valid=own[0].valid,
            passes=own[0].passes,
            prompts=len(own),
            patches=tuple(prompt.patches for prompt in own),
        )

    @torch.inference_mode()
    def segment(self, frame: FrameFeatures, prompts: PromptSet) -> Tensor:
        """See `InContextModel.segment`; the output is (P, 3, H/2, W/2)."""
        frame = own_frame(frame, CompactFrame, self.name, self.weights_hash)
        if not isinstance(prompts, CompactPromptSet):
            raise InputError(f"prompts are a {type(prompts).__name__}: the compact model needs what its prepare() made")
        frame.valid.require(prompts.valid, "the prompt set", any_size=True)
        with self.execution.autocast(self.device):
            return self.net.paint(frame.encoded, prompts.patches).float()
