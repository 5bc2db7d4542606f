"""Small published models with random weights, whose attention is far from uniform, and one of the published sizes."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from seggpt_core.config import PUBLISHED_SIZES, SegGPTConfig
from seggpt_core.model import SegGPT
from seggpt_core.official_format import write_official

TINY = SegGPTConfig(
    canvas=(32, 16), patch=4, dim=16, depth=5, heads=2, decoder_dim=4, merge_after=1, taps=(2, 4), position_grid=3
)
SINGLE_TAP = SegGPTConfig(
    canvas=(32, 16), patch=4, dim=16, depth=3, heads=2, decoder_dim=4, merge_after=1, taps=(1,), position_grid=3
)
"""What is read is what the streams merge to; blocks behind it change nothing."""
TOLD = SegGPTConfig(canvas=(16, 8), patch=4, dim=16, depth=3, heads=2, decoder_dim=2, taps=(2,), position_grid=2)
"""Its decoder reads evenly spread blocks and its streams merge as in the published model."""


def random_model(config: SegGPTConfig, seed: int = 0) -> SegGPT:
    """In eval mode."""
    generator = torch.Generator().manual_seed(seed)
    model = SegGPT(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=generator)
    return model


def hollow(config: SegGPTConfig = PUBLISHED_SIZES) -> dict[str, Tensor]:
    """Every tensor of a model of these sizes, by official names: one stored zero each, repeated by strides of 0."""
    with torch.device("meta"):
        shapes = SegGPT(config).state_dict()
    return {name: torch.zeros(()).expand(tensor.shape) for name, tensor in shapes.items()}


def write_hollow(path: Path, tensors: Mapping[str, Tensor] | None = None) -> None:
    """An official file of hollow tensors, by default those of the published sizes: of 100 KB, instead of 1.5 GB."""
    write_official(path, hollow() if tensors is None else tensors)
