"""The fast path gives the reference path's colours."""

import pytest
import torch

from seggpt_core import fast
from seggpt_core.config import SegGPTConfig
from seggpt_core.model import Kind
from seggpt_core.stacking import denormalise, normalise, query_colours, stack_canvases
from tests.seggpt_core.published_models import SINGLE_TAP, TINY, random_model
from tests.tolerances import CACHED_VERSUS_UNCACHED


@pytest.mark.parametrize("config", [TINY, SINGLE_TAP])
@pytest.mark.parametrize("size", [(16, 16), (20, 12)], ids=["own size", "resized positions"])
@pytest.mark.parametrize("prompts", [1, 3])
@pytest.mark.parametrize("kind", ["instance", "semantic"])
def test_every_pass_equals_the_reference(config: SegGPTConfig, size: tuple[int, int], prompts: int, kind: Kind) -> None:
    model = random_model(config)
    passes = 2
    torch.manual_seed(0)
    images, query = torch.rand(prompts, 3, *size), torch.rand(3, *size)
    targets = torch.rand(passes, prompts, 3, *size)
    with torch.inference_mode():
        stream = fast.target_stream(model, fast.embed(model, normalise(targets)), kind)
        seen = [fast.embed(model, normalise(pixels)) for pixels in (images, query)]
        painted = denormalise(fast.paint(model, *seen, stream, kind))
        canvases = stack_canvases(
            images.expand(passes, -1, -1, -1, -1), targets, query.expand(passes, -1, -1, -1), config.patch
        )
        expected = query_colours(model(*canvases, kind))
    assert expected.std() > 0.01
    torch.testing.assert_close(painted, expected, atol=CACHED_VERSUS_UNCACHED, rtol=0)
