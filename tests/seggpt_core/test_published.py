"""The published model behind the four calls."""

import numpy as np
import pytest
import torch
from torch import Tensor

from seggpt_core import canvas
from seggpt_core.config import SegGPTConfig
from seggpt_core.errors import InputError
from seggpt_core.execution import Execution, Precision
from seggpt_core.model import SegGPT
from seggpt_core.passes import encode_picture, input_size
from seggpt_core.published import Published, tiled
from seggpt_core.stacking import query_colours, stack_canvases
from tests.conftest import Require
from tests.seggpt_core.published_models import TINY, random_model
from tests.tolerances import CACHED_VERSUS_UNCACHED, FLOAT32_PARITY, HALF_PRECISION_COLOURS

CPU = torch.device("cpu")
SIZE = (16, 24)


def published(net: SegGPT, **options: object) -> Published:
    return Published(net, "seggpt", "0" * 64, CPU, **options)  # type: ignore[arg-type]


def pictures(count: int) -> Tensor:
    return torch.rand(count, 3, *SIZE, generator=torch.Generator().manual_seed(count))


def reference(net: SegGPT, images: Tensor, targets: Tensor, query: Tensor) -> Tensor:
    """One pass over the prompts (K, 3, a, b)."""
    with torch.inference_mode():
        canvases = stack_canvases(images[None], targets[None], query[None], net.config.patch)
        return query_colours(net(*canvases, "instance"))


def test_four_calls_give_the_reference_paths_colours() -> None:
    net = random_model(TINY)
    model = published(net)
    *images, query = pictures(4)
    targets = torch.rand(2, 3, 3, *SIZE)
    prompts = [model.encode_prompts(model.encode_frame(image), targets[:, index]) for index, image in enumerate(images)]
    painted = model.segment(model.encode_frame(query), model.prepare(prompts))
    expected = torch.cat([reference(net, torch.stack(images), one, query) for one in targets])
    torch.testing.assert_close(painted, expected, atol=CACHED_VERSUS_UNCACHED, rtol=0)


@pytest.mark.parametrize("prompts", [1, 2])
def test_raw_pixels_give_the_official_engines_colours(prompts: int, require: Require) -> None:
    """Pictures and masks of any size in, colours out: resizing, normalising, painting and the way back."""
    golden = require("golden")
    with np.load(golden / "seggpt_official_small.npz") as figures:
        weights = {name[8:]: torch.from_numpy(figures[name]) for name in figures.files if name.startswith("weights/")}
    net = SegGPT(SegGPTConfig(canvas=(128, 64), dim=32, heads=2, decoder_dim=8))
    net.load_state_dict(weights)
    model = published(net)
    with np.load(golden / "seggpt_official_prepost.npz") as figures:
        given = [(figures[f"prompt{one}"], figures[f"prompt{one}_mask"]) for one in range(prompts)]
        query, expected = figures["query"], torch.from_numpy(figures[f"{prompts}_prompts/colours"])
    encoded = []
    for picture, mask in given:
        frame = encode_picture(model, picture, None, 0)
        colours, known = torch.from_numpy(mask).permute(2, 0, 1) / 255, torch.ones(mask.shape[:2])
        targets = canvas.to_model_targets([colours], known, frame.valid.size, model.resampling)
        encoded.append(model.encode_prompts(frame, *targets))
    (painted,) = model.segment(encode_picture(model, query, None, 0), model.prepare(encoded))
    found = (painted * 255).clamp(0, 255).permute(1, 2, 0)
    torch.testing.assert_close(found, expected, atol=255 * FLOAT32_PARITY, rtol=0)


def test_its_input_is_what_it_was_made_for_unless_a_size_is_given() -> None:
    with torch.device("meta"):
        model = SegGPT(SegGPTConfig())
    whole = Published(model.to_empty(device="meta"), "seggpt", "0" * 64, torch.device("meta"))
    assert input_size(whole, (480, 854), None, 288 * 512) == (448, 448)
    assert input_size(whole, (480, 854), (224, 448), 288 * 512) == (224, 448)


def test_unknown_pixels_are_painted_as_background() -> None:
    model = published(random_model(TINY))
    image, query = (model.encode_frame(one) for one in pictures(2))
    target = torch.rand(1, 3, *SIZE)
    known = torch.ones(SIZE)
    known[:8] = 0
    hidden = target.clone()
    hidden[..., :8, :] = 0
    painted = [
        model.segment(query, model.prepare([prompt]))
        for prompt in (model.encode_prompts(image, target, known), model.encode_prompts(image, hidden))
    ]
    assert torch.equal(*painted)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_paints_nearly_the_same_and_keeps_its_features_apart(precision: Precision) -> None:
    net = random_model(TINY)
    exact, rough = published(net), published(net, execution=Execution(precision=precision))
    *images, query = pictures(4)
    targets = torch.rand(3, 2, 3, *SIZE)

    def painted(model: Published) -> Tensor:
        prompts = [model.encode_prompts(model.encode_frame(i), t) for i, t in zip(images, targets, strict=True)]
        return model.segment(model.encode_frame(query), model.prepare(prompts))

    colours = painted(rough)
    assert colours.dtype == torch.float32
    assert 0 < (colours - painted(exact)).abs().max() < HALF_PRECISION_COLOURS
    with pytest.raises(InputError, match="float32"):
        exact.encode_prompts(rough.encode_frame(query), targets[0]).valid.require(exact.encode_frame(query).valid, "it")


def test_a_spatial_ensemble_is_one_prompt_of_tiles() -> None:
    net = random_model(TINY)
    model = published(net, ensemble="spatial")
    *images, query = pictures(4)
    targets = torch.rand(3, 3, *SIZE)
    prompts = [model.encode_prompts(model.encode_frame(i), t[None]) for i, t in zip(images, targets, strict=True)]
    painted = model.segment(model.encode_frame(query), model.prepare(prompts))
    expected = reference(net, tiled(images)[None], tiled(list(targets))[None], query)
    torch.testing.assert_close(painted, expected, atol=CACHED_VERSUS_UNCACHED, rtol=0)


def test_tiles_fill_a_square_and_begin_again() -> None:
    one, two, three = (torch.full((3, 4, 8), value) for value in (0.1, 0.2, 0.3))
    square = tiled([one, two, three])
    assert square.shape == (3, 4, 8)
    assert torch.equal(square[0], torch.tensor([[0.1] * 4 + [0.2] * 4] * 2 + [[0.3] * 4 + [0.1] * 4] * 2))
    assert torch.equal(tiled([two]), two)


def test_features_of_another_task_are_refused() -> None:
    net = random_model(TINY)
    instance, semantic = published(net), published(net, kind="semantic")
    image = pictures(1)[0]
    prompt = instance.encode_prompts(instance.encode_frame(image), torch.rand(1, 3, *SIZE))
    with pytest.raises(InputError, match="semantic"):
        semantic.segment(semantic.encode_frame(image), instance.prepare([prompt]))


def test_a_size_that_is_not_whole_patches_is_refused() -> None:
    with pytest.raises(InputError, match="18x24"):
        published(random_model(TINY)).encode_frame(torch.rand(3, 18, 24))
