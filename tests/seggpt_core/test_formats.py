"""Sizes are read off shapes; the port's names are its own."""

import pytest
import torch

from seggpt_core.config import SegGPTConfig
from seggpt_core.errors import InputError
from seggpt_core.formats import port_name, published_config
from seggpt_core.model import SegGPT

SMALL = SegGPTConfig(canvas=(96, 48), patch=8, dim=32, heads=2, decoder_dim=8)


def shapes(config: SegGPTConfig) -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        return dict(SegGPT(config).state_dict())


@pytest.mark.parametrize("config", [SegGPTConfig(), SMALL], ids=["published", "small"])
def test_sizes_follow_from_the_tensors(config: SegGPTConfig) -> None:
    assert published_config(shapes(config)) == config


def test_tensors_of_another_architecture_are_refused() -> None:
    others = shapes(SMALL)
    del others["blocks.0.attn.rel_pos_h"]
    with pytest.raises(InputError, match=r"'blocks.0.attn.rel_pos_h' is missing: these are not the weights of SegGPT"):
        published_config(others)
    with pytest.raises(InputError, match="'head.weight'"):
        port_name("head.weight")
