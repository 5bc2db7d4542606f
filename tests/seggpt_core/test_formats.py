"""Sizes are read off shapes; the port's names are its own."""

import dataclasses
import json

import pytest
import torch

from seggpt_core.config import SegGPTConfig
from seggpt_core.errors import InputError
from seggpt_core.formats import described_sizes, port_name, published_config
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


def test_each_name_has_one_counterpart() -> None:
    names = list(shapes(SegGPTConfig()))
    assert len(names) == 354
    assert len({port_name(name) for name in names}) == 354
    assert port_name("blocks.13.attn.rel_pos_h") == "model.encoder.layers.13.attention.rel_pos_h"
    assert port_name("norm.bias") == "model.encoder.layernorm.bias"
    assert port_name("decoder_pred.3.weight") == "decoder.decoder_pred.head.weight"


@pytest.mark.parametrize("name", ["blocks.0.attn.", "blocks.x.attn.qkv.bias", "blocks.0.mlp.fc3.bias", "norm"])
def test_parts_of_a_name_are_no_name(name: str) -> None:
    with pytest.raises(InputError, match=f"'{name}'"):
        port_name(name)


def test_the_ports_names_and_shapes_are_those_of_transformers() -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed: pip install '.[parity]'")
    sizes = transformers.SegGptConfig(
        hidden_size=32,
        num_attention_heads=2,
        image_size=[96, 48],
        patch_size=8,
        mlp_dim=128,
        pretrain_image_size=14 * 8,
        decoder_hidden_size=8,
    )
    with torch.device("meta"):
        port = transformers.SegGptForImageSegmentation(sizes)
    theirs = {name: tuple(tensor.shape) for name, tensor in port.state_dict().items()}
    assert theirs == {port_name(name): tuple(tensor.shape) for name, tensor in shapes(SMALL).items()}


@pytest.mark.parametrize("gone", [(20,), (0, 5), (22, 7)])
def test_a_gap_in_the_blocks_is_named(gone: tuple[int, ...]) -> None:
    left = {name: tensor for name, tensor in shapes(SMALL).items() if not name.startswith(_beginnings(gone))}
    with pytest.raises(InputError, match=rf"tensor 'blocks\.{min(gone)}\..*' is missing"):
        published_config(left)


def _beginnings(blocks: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"blocks.{block}." for block in blocks)


def described(config: SegGPTConfig) -> dict[str, object]:
    """As a file says it."""
    return dict(json.loads(json.dumps(dataclasses.asdict(config))))


@pytest.mark.parametrize(
    "config",
    [SegGPTConfig(), dataclasses.replace(SMALL, depth=5, taps=(0, 3), merge_after=0)],
    ids=["published", "odd"],
)
def test_a_description_says_all_sizes(config: SegGPTConfig) -> None:
    assert described_sizes(described(config)) == config


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"novel": 1}, r"names \['canvas', .*'novel', .*\], but \['canvas', .*'taps'\] is needed"),
        ({"depth": 0}, "says depth 0: a whole number from 1 to 4096 needed"),
        ({"dim": 10**9}, "says dim 1000000000: a whole number from 1 to 4096"),
        ({"heads": True}, "says heads True: a whole number"),
        ({"heads": [2]}, r"says heads \[2\]: a whole number"),
        ({"mlp_ratio": 4.0}, "says mlp_ratio 4.0: a whole number"),
        ({"merge_after": "2"}, "says merge_after '2': a whole number from 0"),
        ({"canvas": [96]}, r"says canvas \[96\]: whole numbers from 1"),
        ({"taps": 5}, "says taps 5: whole numbers from 0"),
        ({"taps": []}, r"taps \(\): at least one is needed"),
        ({"taps": [99]}, r"taps \(99,\), depth 24: the streams must merge"),
    ],
)
def test_a_description_of_no_model_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        described_sizes(described(SMALL) | change)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("patch_embed.proj.weight", (32, 3), "'patch_embed.proj.weight' has shape (32, 3): 4 dimensions"),
        ("pos_embed", (1, 0, 32), "'pos_embed' has shape (1, 0, 32): 3 dimensions, none of them 0"),
        ("blocks.0.attn.rel_pos_h", (23, 5), "heads of 5 channels: a divisor of 32"),
        ("decoder_embed.weight", (512, 160), "reads 5 of 24 blocks: a divisor of 24"),
    ],
)
def test_shapes_that_fit_no_model_are_named(name: str, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(InputError) as refused:
        published_config(shapes(SMALL) | {name: torch.empty(shape, device="meta")})
    assert message in str(refused.value)
