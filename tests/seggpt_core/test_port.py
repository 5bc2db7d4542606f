"""`transformers` has its own implementation of SegGPT; it is right for one prompt."""

import pytest
import torch

from benchmarks.port import port_of
from seggpt_core.config import SegGPTConfig
from seggpt_core.model import SegGPT
from seggpt_core.stacking import normalise, stack_canvases
from tests.tolerances import OFFICIAL_SEGGPT

SMALL = SegGPTConfig(canvas=(96, 48), patch=8, dim=32, heads=2, decoder_dim=8)
Models = tuple[SegGPT, torch.nn.Module]


@pytest.fixture(scope="module")
def models() -> Models:
    pytest.importorskip("transformers", reason="transformers is not installed: pip install '.[parity]'")
    torch.manual_seed(0)
    net = SegGPT(SMALL).eval()
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return net, port_of(net)


def painted_by_both(models: Models, prompts: int, kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Canvas 0 by our reference path and by the port."""
    torch.manual_seed(1)
    images, targets = torch.rand(2, prompts, 3, 48, 48)
    query = torch.rand(1, 3, 48, 48)
    net, port = models
    with torch.inference_mode():
        ours = net(*stack_canvases(images[None], targets[None], query, SMALL.patch), kind)  # type: ignore[arg-type]
        theirs = port(
            pixel_values=normalise(query).expand(prompts, -1, -1, -1),
            prompt_pixel_values=normalise(images),
            prompt_masks=normalise(targets),
            feature_ensemble=prompts > 1,
            embedding_type=kind,
        ).pred_masks
    return ours[0, 0], theirs[0]


@pytest.mark.parametrize("kind", ["instance", "semantic"])
def test_one_prompt_gives_the_ports_colours(models: Models, kind: str) -> None:
    ours, theirs = painted_by_both(models, 1, kind)
    assert theirs.std() > 0.01
    torch.testing.assert_close(ours, theirs, atol=OFFICIAL_SEGGPT, rtol=0)


def test_the_ports_ensemble_is_not_the_official_one(models: Models) -> None:
    """It averages over the whole batch one block early (`merge_index > i` where the official code has `>=`), so
    that in block 2 the image stream and the target stream are mixed. The golden figures decide, not the port."""
    ours, theirs = painted_by_both(models, 3, "instance")
    assert (ours - theirs).abs().max() > 100 * OFFICIAL_SEGGPT
