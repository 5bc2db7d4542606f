"""Checks and resampling shared by the models' four calls."""

from collections.abc import Sequence
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.errors import InputError
from seggpt_core.prompt import FrameFeatures, PromptFeatures, Validity

FrameT = TypeVar("FrameT", bound=FrameFeatures)


def image_batch(image: Tensor, multiple: int, device: torch.device) -> Tensor:
    """Check an image (3, H, W) float32 in 0..1 and make it a batch of one on `device`."""
    if image.ndim != 3 or image.shape[0] != 3:
        raise InputError(f"image of shape {tuple(image.shape)}: (3, height, width) is needed")
    if not image.is_floating_point():
        raise InputError(f"image of {image.dtype}: float32 RGB in 0..1 is needed")
    height, width = image.shape[-2:]
    if height < 2 * multiple or width < 2 * multiple or height % multiple or width % multiple:
        raise InputError(f"image of {height}x{width}: height and width must be multiples of {multiple}, at least two")
    return image[None].to(device)


def target_grid(targets: Tensor, known: Tensor | None, valid: Validity, stride: int) -> tuple[Tensor, Tensor]:
    """Targets (P, 3, a, b) and `known` (a, b) brought to a stride: (P, 3, H/stride, W/stride) and (P, 1, …)."""
    if targets.ndim != 4 or targets.shape[1] != 3 or not targets.shape[0]:
        raise InputError(f"targets of shape {tuple(targets.shape)}: (passes, 3, height, width) is needed")
    if known is not None and known.shape != targets.shape[-2:]:
        raise InputError(
            f"known of shape {tuple(known.shape)} with targets of {tuple(targets.shape[-2:])}: must be equal"
        )
    size = (valid.size[0] // stride, valid.size[1] // stride)
    targets = _resample(targets.to(valid.device, torch.float32), size)
    if known is None:
        return targets, targets.new_ones((targets.shape[0], 1, *size))
    known = _resample(known.to(valid.device, torch.float32)[None, None], size)
    return targets, known.expand(targets.shape[0], -1, -1, -1)


def _resample(x: Tensor, size: tuple[int, int]) -> Tensor:
    if x.shape[-2:] == size:
        return x
    mode = "area" if x.shape[-2] >= size[0] else "bilinear"
    return F.interpolate(x, size=size, mode=mode)


def own_frame(frame: FrameFeatures, kind: type[FrameT], name: str, weights_hash: str) -> FrameT:
    """The frame's features if the model of that name and weights made them."""
    if not isinstance(frame, kind) or frame.valid.weights != weights_hash:
        raise InputError(
            f"frame features of {frame.valid.model} {frame.valid.weights[:12]}: "
            f"this model is {name} {weights_hash[:12]}; encode the frame again"
        )
    return frame


def check_prompts(prompts: Sequence[PromptFeatures], own: Sequence[PromptFeatures], *, any_size: bool = False) -> None:
    """Refuse an empty set, prompts of another model (those missing in `own`), and sets that do not go together;
    any_size: sizes may differ."""
    if not prompts:
        raise InputError("no prompts: at least one is needed")
    if len(own) != len(prompts):
        strange = next(type(p).__name__ for p in prompts if not any(p is o for o in own))
        raise InputError(f"a {strange} among the prompts: another model made it; encode it again")
    for prompt in own[1:]:
        own[0].valid.require(prompt.valid, "a prompt", any_size=any_size)
        if prompt.passes != own[0].passes:
            raise InputError(f"prompts of {prompt.passes} and {own[0].passes} passes: must be equal")
