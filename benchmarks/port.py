"""The `transformers` port of SegGPT with a net's own parameters; it comes with the extra `parity`."""

import torch
from torch import nn

from seggpt_core.formats import port_name
from seggpt_core.model import SegGPT


def port_of(net: SegGPT) -> nn.Module:
    """A `SegGptForImageSegmentation` of the net's sizes that shares its parameters, in eval mode."""
    from transformers import SegGptConfig, SegGptForImageSegmentation

    config = net.config
    sizes = SegGptConfig(
        hidden_size=config.dim,
        num_attention_heads=config.heads,
        image_size=list(config.canvas),
        patch_size=config.patch,
        mlp_dim=config.mlp_ratio * config.dim,
        pretrain_image_size=config.position_grid * config.patch,
        decoder_hidden_size=config.decoder_dim,
    )
    with torch.device("meta"):
        port: nn.Module = SegGptForImageSegmentation(sizes)
    port.load_state_dict({port_name(name): tensor for name, tensor in net.state_dict().items()}, assign=True)
    return port.eval()
