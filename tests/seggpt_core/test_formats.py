"""Sizes are read off shapes; the port's names are its own."""

import dataclasses

import pytest
import torch

from seggpt_core.config import SegGPTConfig
from seggpt_core.errors import InputError
from seggpt_core.formats import official_name, port_name, published_config, shapes_tell
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
    with pytest.raises(InputError, match="'decoder.head.weight'"):
        official_name("decoder.head.weight")


def test_each_name_has_one_counterpart() -> None:
    names = list(shapes(SegGPTConfig()))
    assert len(names) == 354
    assert [official_name(port_name(name)) for name in names] == names
    assert port_name("blocks.13.attn.rel_pos_h") == "model.encoder.layers.13.attention.rel_pos_h"
    assert port_name("norm.bias") == "model.encoder.layernorm.bias"
    assert official_name("decoder.decoder_pred.head.weight") == "decoder_pred.3.weight"


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


def test_what_no_shape_tells_can_be_said() -> None:
    other = dataclasses.replace(SMALL, taps=(3, 8, 20, 22), merge_after=1)
    assert published_config(shapes(other)) == SMALL
    assert published_config(shapes(other), other.taps, other.merge_after) == other


@pytest.mark.parametrize(
    ("changes", "told"),
    [({}, True), ({"depth": 12, "taps": (2, 5, 8, 11)}, True), ({"merge_after": 1}, False), ({"taps": (4, 23)}, False)],
)
def test_some_sizes_need_a_description(changes: dict[str, object], told: bool) -> None:
    assert shapes_tell(dataclasses.replace(SMALL, **changes)) == told  # type: ignore[arg-type]


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


def test_errors_name_tensors_as_their_file_does() -> None:
    others = shapes(SMALL)
    del others["pos_embed"]
    with pytest.raises(InputError, match="'model.embeddings.position_embeddings' is missing"):
        published_config(others, file_name=port_name)
