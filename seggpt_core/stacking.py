"""Canvases of the published model: each prompt stacked above its query, and the painted query read back.

Shape suffixes: Q queries, each with K prompts; a, b height and width of one half; h, w rows and columns of
tokens of a canvas. RGB everywhere.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from seggpt_core.errors import InputError
from seggpt_core.stem import IMAGENET_MEAN, IMAGENET_STD


class Canvases(NamedTuple):
    """What `SegGPT.forward` takes."""

    images: Tensor
    """(Q, K, 3, 2a, b), normalised: the prompt's image above the query's."""
    targets: Tensor
    """(Q, K, 3, 2a, b), normalised: the prompt's colours above zeros, which are masked."""
    masked: Tensor
    """(h, w) bool, True in the lower half."""


def stack_canvases(prompt_images: Tensor, prompt_targets: Tensor, queries: Tensor, patch: int) -> Canvases:
    """One canvas a prompt and query.

    prompt_images, prompt_targets: (Q, K, 3, a, b) float in 0..1; queries: (Q, 3, a, b) float in 0..1; a and b
    are multiples of `patch`. Raises InputError for shapes that do not go together.
    """
    if prompt_images.ndim != 5 or prompt_images.shape[2] != 3 or prompt_targets.shape != prompt_images.shape:
        raise InputError(
            f"prompt images of shape {tuple(prompt_images.shape)} and targets of {tuple(prompt_targets.shape)}: "
            "both must be (queries, prompts, 3, height, width)"
        )
    if queries.shape != prompt_images[:, 0].shape:
        raise InputError(
            f"queries of shape {tuple(queries.shape)}: the prompts' shape without the prompts, "
            f"{tuple(prompt_images[:, 0].shape)}, is needed"
        )
    height, width = queries.shape[-2:]
    if height % patch or width % patch:
        raise InputError(f"halves of {height}x{width}: height and width must be multiples of {patch}")
    queries = normalise(queries)[:, None].expand_as(prompt_images)
    prompt_targets = normalise(prompt_targets)
    masked = torch.zeros(2 * height // patch, width // patch, dtype=torch.bool, device=queries.device)
    masked[height // patch :] = True
    return Canvases(
        images=torch.cat([normalise(prompt_images), queries], dim=-2),
        targets=torch.cat([prompt_targets, torch.zeros_like(prompt_targets)], dim=-2),
        masked=masked,
    )


def query_colours(painted: Tensor) -> Tensor:
    """The queries' colours (Q, 3, a, b), nominally 0..1 and not clipped, from painted canvases (Q, K, 3, 2a, b).

    Read from the first prompt's canvas, as the published model does.
    """
    return denormalise(painted[:, 0, :, painted.shape[-2] // 2 :])


def normalise(colours: Tensor) -> Tensor:
    """(..., 3, a, b) RGB in 0..1 to ImageNet's zero mean and unit deviation; targets are treated as images are."""
    return (colours - _channels(IMAGENET_MEAN, colours)) / _channels(IMAGENET_STD, colours)


def denormalise(colours: Tensor) -> Tensor:
    """The inverse of `normalise`."""
    return colours * _channels(IMAGENET_STD, colours) + _channels(IMAGENET_MEAN, colours)


def _channels(values: tuple[float, float, float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device)[:, None, None]
