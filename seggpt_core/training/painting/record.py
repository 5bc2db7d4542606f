"""What a camera and a codec do to painted frames, as `data.recording` has it, in float32 on any device."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.training.data.appearance import UNCHANGED, colour_matrix
from seggpt_core.training.data.recording import MACROBLOCK, Codec, Noise, Recording, coarse_size
from seggpt_core.training.painting.jpeg import jpeg

_BLUR_RADIUS = 5
"""Pixels; three standard deviations of the strongest defocus and more."""


def record(images: Tensor, recordings: tuple[Recording, ...]) -> Tensor:
    """Frames (B, T, 3, H, W) float32 in 0..255 as the files give them: whole numbers, in float32.

    Grain comes from this device's own random numbers, of the recording's seed: other ones than on a CPU.
    """
    images = _exposed(images, recordings)
    return torch.stack([_recorded(clip, recording) for clip, recording in zip(images, recordings, strict=True)])


def _exposed(images: Tensor, recordings: tuple[Recording, ...]) -> Tensor:
    shifts = [shift for recording in recordings for shift in recording.shifts or (UNCHANGED,) * images.shape[1]]
    gamma = images.new_tensor([shift.gamma for shift in shifts]).view(*images.shape[:2], 1, 1, 1)
    matrices = images.new_tensor(np.stack([colour_matrix(shift) for shift in shifts])).unflatten(0, images.shape[:2])
    levels = 255 * (images.clamp(0, 255) / 255) ** gamma
    changed = torch.einsum("btij,btjhw->btihw", matrices[..., :3], levels) + matrices[..., 3, None, None]
    return changed.clamp(0, 255).round()


def _recorded(clip: Tensor, recording: Recording) -> Tensor:
    """(T, 3, H, W)"""
    size = (clip.shape[-2], clip.shape[-1])
    if recording.blurs:
        clip = _blurred(clip, recording.blurs).round()
    if recording.noise is not None:
        clip = _grainy(clip, recording.noise)
    if recording.coarse < 1:
        clip = _averaged(clip, coarse_size(size, recording.coarse)).round()
    if recording.codec is not None:
        clip = compress(clip, recording.codec)
    if recording.coarse < 1:
        clip = F.interpolate(clip, size, mode="bilinear", align_corners=False).round()
    return clip


def _blurred(clip: Tensor, blurs: tuple[float, ...]) -> Tensor:
    """Each frame with a Gaussian of its own; beyond the borders lies the mirror image."""
    reach = torch.arange(-_BLUR_RADIUS, _BLUR_RADIUS + 1, device=clip.device, dtype=clip.dtype)
    kernels = torch.softmax(-0.5 * (reach / clip.new_tensor(blurs)[:, None]) ** 2, dim=1).repeat_interleave(3, 0)
    padded = F.pad(clip, [_BLUR_RADIUS] * 4, mode="reflect").flatten(0, 1)[None]
    groups = padded.shape[1]
    rows = F.conv2d(padded, kernels[:, None, :, None], groups=groups)
    return F.conv2d(rows, kernels[:, None, None, :], groups=groups)[0].unflatten(0, clip.shape[:2])


def _grainy(clip: Tensor, noise: Noise) -> Tensor:
    generator = torch.Generator(clip.device).manual_seed(noise.seed)
    grain = noise.level * torch.randn(clip.shape[1:], generator=generator, device=clip.device)
    rolled = torch.stack([grain.roll(place, dims=(1, 2)) for place in noise.places])
    return (clip + rolled).clamp(0, 255).round()


def _averaged(clip: Tensor, size: tuple[int, int]) -> Tensor:
    """Averaged down to (height, width): each pixel is the mean of the area that it covers."""
    rows, columns = (_shares(*pair, clip) for pair in zip(clip.shape[-2:], size, strict=True))
    return rows @ clip @ columns.T


def _shares(many: int, few: int, like: Tensor) -> Tensor:
    """(few, many) share of each of `few` even parts of a line that each of `many` pixels along it makes up."""
    step = many / few
    start = torch.arange(few, device=like.device, dtype=torch.float64)[:, None] * step
    pixel = torch.arange(many, device=like.device, dtype=torch.float64)[None]
    shared = torch.minimum(start + step, pixel + 1) - torch.maximum(start, pixel)
    return (shared.clamp(min=0) / step).to(like.dtype)


def compress(clip: Tensor, codec: Codec) -> Tensor:
    """The frames (T, 3, H, W) after the codec, whole numbers in 0..255."""
    height, width = clip.shape[-2:]
    top, left = codec.offset
    below, right = -(top + height) % MACROBLOCK, -(left + width) % MACROBLOCK
    framed = F.pad(clip, (left, right, top, below), mode="replicate")
    decoded = jpeg(framed, codec.quality)
    done = [decoded[0]]
    for frame, fresh in zip(framed[1:], decoded[1:], strict=True):
        still = _still_blocks(frame, done[-1], codec.hold)
        done.append(torch.where(still, done[-1], fresh))
    return torch.stack(done)[..., top : top + height, left : left + width]


def _still_blocks(frame: Tensor, last: Tensor, hold: float) -> Tensor:
    """(H, W) bool: pixels of the blocks that differ from `last` by less than `hold` levels on average."""
    change = F.avg_pool2d((frame - last).abs().mean(0, keepdim=True), MACROBLOCK)[0]
    return (change < hold).repeat_interleave(MACROBLOCK, 0).repeat_interleave(MACROBLOCK, 1)
