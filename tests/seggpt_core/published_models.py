"""Small published models with random weights, whose attention is far from uniform."""

import torch

from seggpt_core.config import SegGPTConfig
from seggpt_core.model import SegGPT

TINY = SegGPTConfig(
    canvas=(32, 16), patch=4, dim=16, depth=5, heads=2, decoder_dim=4, merge_after=1, taps=(2, 4), position_grid=3
)
SINGLE_TAP = SegGPTConfig(
    canvas=(32, 16), patch=4, dim=16, depth=3, heads=2, decoder_dim=4, merge_after=1, taps=(1,), position_grid=3
)
"""What is read is what the streams merge to; blocks behind it change nothing."""
TOLD = SegGPTConfig(canvas=(16, 8), patch=4, dim=16, depth=3, heads=2, decoder_dim=2, taps=(2,), position_grid=2)
"""All of its sizes follow from its tensors."""


def random_model(config: SegGPTConfig, seed: int = 0) -> SegGPT:
    """In eval mode."""
    generator = torch.Generator().manual_seed(seed)
    model = SegGPT(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=generator)
    return model
