"""The fast path gives the reference path's colours."""

from collections.abc import Callable, Sequence

import pytest
import torch

from seggpt_core import fast, halves
from seggpt_core.config import SegGPTConfig
from seggpt_core.model import Kind
from seggpt_core.stacking import denormalise, normalise, query_colours, stack_canvases
from tests.seggpt_core.published_models import SINGLE_TAP, TINY, random_model
from tests.tolerances import CACHED_VERSUS_UNCACHED


@pytest.fixture(params=["joined parts", "fused kernels"])
def kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU's way is exact on a CPU too."""
    monkeypatch.setattr(halves, "has_fused_kernels", lambda device: request.param == "fused kernels")


@pytest.mark.usefixtures("kernels")
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


def test_a_block_is_one_graph_for_any_weights_and_any_number_of_prompts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `torch.compile` needs to be worth its time, with tracing alone in the place of code generation."""
    monkeypatch.setattr(halves, "has_fused_kernels", lambda device: True)
    net, grid = random_model(TINY), (4, 4)
    graphs = []

    def count(graph: torch.fx.GraphModule, _: Sequence[torch.Tensor]) -> Callable[..., object]:
        graphs.append(graph)
        return graph.forward

    compiled = torch.compile(halves.step, dynamic=True, fullgraph=True, backend=count)
    torch.manual_seed(0)
    with torch.inference_mode():
        for index, prompts in ((0, 2), (1, 2), (0, 3), (1, 5)):
            given = halves.Halves(torch.randn(1, prompts, 16, TINY.dim), torch.randn(1, 16, TINY.dim))
            for found, expected in zip(
                compiled(net.block(index), given, grid), halves.step(net.block(index), given, grid), strict=True
            ):
                torch.testing.assert_close(found, expected, atol=CACHED_VERSUS_UNCACHED, rtol=0)
    assert len(graphs) == 1
