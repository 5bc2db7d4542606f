"""The untrained baseline: the matching readout with nothing learned but the ImageNet stem.

Every patch copies the colours of its best few matches, in the first prompt anywhere and in later ones
within a radius; of a first frame that is remembered as a crop and as a whole, the crop is the first prompt.
It answers the same four calls as the trained models, and stands beside every score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.canvas import Resampling
from seggpt_core.errors import InputError
from seggpt_core.inputs import check_prompts, image_batch, own_frame, target_grid
from seggpt_core.matching import VALUES, descriptors, values_to_colours, voting_values
from seggpt_core.places import in_patches, patch_places
from seggpt_core.prompt import FrameFeatures, PromptFeatures, PromptSet, Validity
from seggpt_core.stem import Stem
from seggpt_core.window import WHOLE, Window

_BEST = 8
_TEMPERATURE = 0.05
_WINDOW = 12.0
"""Radius in patches of the query within which prompts after the first are matched."""
_EXCLUDED = -9.0
_QUERY_CHUNK = 256


@dataclass(frozen=True, kw_only=True)
class ReadoutFrame(FrameFeatures):
    """Patch descriptors (N, C), unit length; grid is (H/8, W/8); window (1, 4), as `Window.tensor` gives it."""

    keys: Tensor
    grid: tuple[int, int]
    window: Tensor


@dataclass(frozen=True, kw_only=True)
class ReadoutPrompt(PromptFeatures):
    """Keys (N, C), voting values (N, P, 16) and places (1, N, 2)."""

    keys: Tensor
    values: Tensor
    places: Tensor


@dataclass(frozen=True, kw_only=True)
class ReadoutPromptSet(PromptSet):
    """Prompts in the order given; the first is matched everywhere."""

    keys: tuple[Tensor, ...]
    values: Tensor
    places: tuple[Tensor, ...]


class MatchingReadout:
    """The baseline behind the four calls; the output is at stride 4."""

    name = "readout"
    slots = 3
    multiple = 16
    input_size: tuple[int, int] | None = None
    resampling: Resampling = "smooth"
    crops = True

    def __init__(self, stem: Stem, weights_hash: str, device: torch.device) -> None:
        """stem: with its ImageNet weights loaded."""
        self.stem = stem.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self.weights_hash = weights_hash
        self.device = device

    @torch.inference_mode()
    def encode_frame(self, image: Tensor, window: Window = WHOLE) -> ReadoutFrame:
        """See `InContextModel.encode_frame`."""
        batch = image_batch(image, self.multiple, self.device)
        described = descriptors(batch, self.stem(batch))
        keys = F.normalize(described.flatten(2)[0].T, dim=-1)
        size = (image.shape[-2], image.shape[-1])
        valid = Validity(model=self.name, weights=self.weights_hash, size=size, dtype=keys.dtype, device=self.device)
        grid = (described.shape[-2], described.shape[-1])
        return ReadoutFrame(valid=valid, keys=keys, grid=grid, window=window.tensor(self.device)[None])

    @torch.inference_mode()
    def encode_prompts(
        self, frame: FrameFeatures, targets: Tensor, known: Tensor | None = None, trust: float = 1.0
    ) -> ReadoutPrompt:
        """See `InContextModel.encode_prompts`."""
        frame = own_frame(frame, ReadoutFrame, self.name, self.weights_hash)
        targets, known = target_grid(targets, known, frame.valid, stride=4)
        values = voting_values(targets, known, trust).transpose(0, 1)
        places = patch_places(frame.window, frame.grid)
        return ReadoutPrompt(valid=frame.valid, passes=len(targets), keys=frame.keys, values=values, places=places)

    @torch.inference_mode()
    def prepare(self, prompts: Sequence[PromptFeatures]) -> ReadoutPromptSet:
        """See `InContextModel.prepare`; here the first prompt is the one matched everywhere."""
        own = [prompt for prompt in prompts if isinstance(prompt, ReadoutPrompt)]
        check_prompts(prompts, own, any_size=True)
        return ReadoutPromptSet(
            valid=own[0].valid,
            passes=own[0].passes,
            prompts=len(own),
            keys=tuple(prompt.keys for prompt in own),
            values=torch.cat([prompt.values for prompt in own]),
            places=tuple(prompt.places for prompt in own),
        )

    @torch.inference_mode()
    def segment(self, frame: FrameFeatures, prompts: PromptSet) -> Tensor:
        """See `InContextModel.segment`; the output is (P, 3, H/4, W/4)."""
        frame = own_frame(frame, ReadoutFrame, self.name, self.weights_hash)
        if not isinstance(prompts, ReadoutPromptSet):
            raise InputError(f"prompts are a {type(prompts).__name__}: the readout needs what its prepare() made")
        frame.valid.require(prompts.valid, "the prompt set", any_size=True)
        here = in_patches(patch_places(frame.window, frame.grid), frame.window, frame.grid)[0]
        there = [in_patches(places, frame.window, frame.grid)[0] for places in prompts.places[1:]]
        copied = [
            _copy(frame.keys[start : start + _QUERY_CHUNK], prompts, here[start : start + _QUERY_CHUNK], there)
            for start in range(0, len(frame.keys), _QUERY_CHUNK)
        ]
        return values_to_colours(torch.cat(copied).transpose(0, 1), frame.grid)


def _copy(queries: Tensor, prompts: ReadoutPromptSet, here: Tensor, there: Sequence[Tensor]) -> Tensor:
    """(q, C) queries to (q, P, 12) colour values: the softmax of the best matches' similarities.

    here, there: rows and columns of the queries, (q, 2), and of the keys of each prompt after the first, (N, 2).
    """
    similarity = [queries @ prompts.keys[0].T]
    similarity += [
        (queries @ keys.T).masked_fill(torch.cdist(here, places) > _WINDOW, _EXCLUDED)
        for keys, places in zip(prompts.keys[1:], there, strict=True)
    ]
    best, places = torch.cat(similarity, dim=1).topk(_BEST, dim=1)
    weights = (best / _TEMPERATURE).softmax(dim=1)
    total = torch.einsum("qk,qkpv->qpv", weights, prompts.values[places])
    return total[..., :VALUES] / total[..., VALUES : VALUES + 1].clamp(min=1e-6)
