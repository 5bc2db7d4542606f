"""Canvases against those that the official engine made, and the way back."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from seggpt_core.errors import InputError
from seggpt_core.stacking import denormalise, normalise, query_colours, stack_canvases

GOLDEN = Path(__file__).parents[1] / "golden" / "seggpt_official_prepost.npz"
FLOAT32 = 1e-6
"""Rounding of one subtraction and one division."""


def resized(pixels: np.ndarray, resample: Image.Resampling) -> Tensor:
    """(3, 64, 64) RGB in 0..1."""
    image = Image.fromarray(pixels).resize((64, 64), resample)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255


@pytest.mark.parametrize("prompts", [1, 2])
def test_canvases_equal_the_official_engines(prompts: int) -> None:
    with np.load(GOLDEN) as figures:
        images = [resized(figures[f"prompt{i}"], Image.Resampling.BICUBIC) for i in range(prompts)]
        targets = [resized(figures[f"prompt{i}_mask"], Image.Resampling.NEAREST) for i in range(prompts)]
        query = resized(figures["query"], Image.Resampling.BICUBIC)
        official = {
            name: torch.from_numpy(figures[f"{prompts}_prompts/canvas_{name}"]).permute(0, 3, 1, 2)[None]
            for name in ("images", "targets")
        }
    canvases = stack_canvases(torch.stack(images)[None], torch.stack(targets)[None], query[None], patch=16)
    torch.testing.assert_close(canvases.images, official["images"], atol=FLOAT32, rtol=0)
    upper = official["targets"][..., :64, :]
    torch.testing.assert_close(canvases.targets[..., :64, :], upper, atol=FLOAT32, rtol=0)
    assert canvases.masked.tolist() == [[False] * 4] * 4 + [[True] * 4] * 4


def test_the_query_is_read_from_the_lower_half_of_the_first_canvas() -> None:
    colours = torch.rand(2, 3, 3, 8, 4)
    found = query_colours(normalise(colours))
    torch.testing.assert_close(found, colours[:, 0, :, 4:], atol=FLOAT32, rtol=0)


def test_normalising_takes_the_imagenet_mean_to_zero_and_back() -> None:
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None].expand(3, 2, 2)
    torch.testing.assert_close(normalise(mean), torch.zeros(3, 2, 2), atol=FLOAT32, rtol=0)
    torch.testing.assert_close(denormalise(normalise(mean)), mean, atol=FLOAT32, rtol=0)


@pytest.mark.parametrize(
    ("prompts", "targets", "queries", "message"),
    [
        ((1, 3, 8, 8), (1, 3, 8, 8), (1, 3, 8, 8), "prompt images of shape"),
        ((1, 2, 3, 8, 8), (1, 1, 3, 8, 8), (1, 3, 8, 8), "targets of"),
        ((1, 2, 3, 8, 8), (1, 2, 3, 8, 8), (2, 3, 8, 8), "queries of shape"),
        ((1, 2, 3, 6, 8), (1, 2, 3, 6, 8), (1, 3, 6, 8), "halves of 6x8"),
    ],
)
def test_shapes_that_do_not_go_together_are_refused(
    prompts: tuple[int, ...], targets: tuple[int, ...], queries: tuple[int, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        stack_canvases(torch.rand(prompts), torch.rand(targets), torch.rand(queries), patch=4)
