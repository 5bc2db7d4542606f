"""Canvases against one that the official engine made, and the way back."""

import itertools

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from seggpt_core.errors import InputError
from seggpt_core.stacking import denormalise, normalise, query_colours, stack_canvases
from tests.conftest import Require
from tests.tolerances import FLOAT32_PARITY


def resized(pixels: np.ndarray, resample: Image.Resampling) -> Tensor:
    """(3, 64, 64) RGB in 0..1."""
    image = Image.fromarray(pixels).resize((64, 64), resample)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255


def test_a_canvas_equals_the_official_engines(require: Require) -> None:
    with np.load(require("golden") / "seggpt_official_prepost.npz") as figures:
        image = resized(figures["prompt0"], Image.Resampling.BICUBIC)
        target = resized(figures["prompt0_mask"], Image.Resampling.NEAREST)
        query = resized(figures["query"], Image.Resampling.BICUBIC)
        images, targets = (
            torch.from_numpy(figures[f"1_prompts/canvas_{name}"]).permute(0, 3, 1, 2)[None]
            for name in ("images", "targets")
        )
    canvases = stack_canvases(image[None, None], target[None, None], query[None], patch=16)
    torch.testing.assert_close(canvases.images, images, atol=FLOAT32_PARITY, rtol=0)
    torch.testing.assert_close(canvases.targets[..., :64, :], targets[..., :64, :], atol=FLOAT32_PARITY, rtol=0)
    assert canvases.masked.tolist() == [[False] * 4] * 4 + [[True] * 4] * 4


def test_each_prompt_stands_above_its_own_query() -> None:
    images, targets = torch.rand(2, 2, 3, 3, 4, 8)
    queries = torch.rand(2, 3, 4, 8)
    canvases = stack_canvases(images, targets, queries, patch=4)
    for query, prompt in itertools.product(range(2), range(3)):
        stacked = torch.cat([images[query, prompt], queries[query]], dim=-2)
        torch.testing.assert_close(canvases.images[query, prompt], normalise(stacked), atol=FLOAT32_PARITY, rtol=0)
        colours = denormalise(canvases.targets[query, prompt, :, :4])
        torch.testing.assert_close(colours, targets[query, prompt], atol=FLOAT32_PARITY, rtol=0)


def test_the_query_is_read_from_the_lower_half_of_the_first_canvas() -> None:
    colours = torch.rand(2, 3, 3, 8, 4)
    found = query_colours(normalise(colours))
    torch.testing.assert_close(found, colours[:, 0, :, 4:], atol=FLOAT32_PARITY, rtol=0)


def test_normalising_takes_the_imagenet_mean_to_zero_and_back() -> None:
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None].expand(3, 2, 2)
    torch.testing.assert_close(normalise(mean), torch.zeros(3, 2, 2), atol=FLOAT32_PARITY, rtol=0)
    torch.testing.assert_close(denormalise(normalise(mean)), mean, atol=FLOAT32_PARITY, rtol=0)


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
