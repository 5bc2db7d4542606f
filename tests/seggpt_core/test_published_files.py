"""The published model's three formats hold the same bits, and anything else is refused by name."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor

from seggpt_core.checkpoint import write_weights
from seggpt_core.config import PUBLISHED_SIZES, SegGPTConfig
from seggpt_core.errors import InputError, WorkError
from seggpt_core.files import sha256
from seggpt_core.formats import port_name
from seggpt_core.model import SegGPT
from seggpt_core.official_format import write_official
from seggpt_core.own_format import METADATA_KEY
from seggpt_core.published_files import ARCHITECTURE, FORMATS, Format, read_published, write_published
from seggpt_core.training.published import PublishedLearner
from tests.conftest import Require
from tests.seggpt_core.published_models import TINY, TOLD, hollow, random_model, write_hollow


@st.composite
def configs(draw: st.DrawFn) -> SegGPTConfig:
    """Any sizes; the streams merge no later than the first tap."""
    small = st.integers(1, 3)
    patch, heads, taps, spacing = draw(st.sampled_from([2, 4])), draw(small), draw(small), draw(st.integers(3, 4))
    return SegGPTConfig(
        canvas=(2 * patch * draw(small), patch * draw(small)),
        patch=patch,
        dim=heads * draw(st.sampled_from([2, 4])),
        depth=taps * spacing,
        heads=heads,
        mlp_ratio=draw(small),
        decoder_dim=draw(small),
        merge_after=draw(st.integers(0, 2)),
        taps=tuple(spacing * (tap + 1) - 1 for tap in range(taps)),
        position_grid=draw(small),
    )


def bits(net: SegGPT) -> dict[str, list[int]]:
    return {name: tensor.view(torch.int32).flatten().tolist() for name, tensor in net.state_dict().items()}


def with_odd_numbers(config: SegGPTConfig, seed: int) -> SegGPT:
    """Random weights over float32's whole range, negative zeros and numbers below the normal ones among them."""
    net = random_model(config, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(torch.exp2(torch.randint(-140, 120, parameter.shape, generator=generator).float()))
            parameter.view(-1)[0] = -0.0
    return net


@given(config=configs(), seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_way_round_the_formats_keeps_every_bit(tmp_path: Path, config: SegGPTConfig, seed: int) -> None:
    net = with_odd_numbers(config, seed)
    files = {to: write_published(net, tmp_path / f"from-net.{to}", to, config) for to in FORMATS}
    for source in FORMATS:
        read, found = read_published(tmp_path / f"from-net.{source}", config)
        assert (found, read.config, read.training) == (source, config, False)
        assert bits(read) == bits(net)
        for to, digest in files.items():
            assert write_published(read, tmp_path / f"{source}-again.{to}", to, config) == digest


def test_only_our_own_format_says_sizes(tmp_path: Path) -> None:
    net = random_model(dataclasses.replace(PUBLISHED_SIZES, dim=16, depth=6, taps=(2, 5)))
    write_published(net, tmp_path / "own", "own")
    read, _ = read_published(tmp_path / "own")
    assert read.config == net.config
    for to in ("official", "port"):
        with pytest.raises(
            InputError,
            match=rf"{to}: the {to} format has no place for sizes, and the published ones are others: "
            r"dim 16 instead of 1024, depth 6 instead of 24, taps \(2, 5\) instead of \(5, 11, 17, 23\); choose own",
        ):
            write_published(net, tmp_path / to, to)  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_trained_weights_in_float16_are_read_exactly(tmp_path: Path) -> None:
    net = random_model(TINY)
    learner = PublishedLearner(net)
    write_weights(tmp_path / "trained", learner.model, learner.sizes, net.state_dict())
    read, _ = read_published(tmp_path / "trained")
    assert bits(read) == bits(net.half().float())


def test_the_official_codes_own_tensors_are_read(require: Require, tmp_path: Path) -> None:
    prefix = "weights/"
    with np.load(require("golden") / "seggpt_official_small.npz") as figures:
        names = [name for name in figures.files if name.startswith(prefix)]
        tensors = {name.removeprefix(prefix): torch.from_numpy(figures[name]) for name in names}
    write_official(tmp_path / "small.pth", tensors)
    net, _ = read_published(tmp_path / "small.pth", SegGPTConfig(canvas=(128, 64), dim=32, heads=2, decoder_dim=8))
    assert torch.equal(net.norm.bias, tensors["norm.bias"])


def write_raw(path: Path, to: Format, official: Mapping[str, Tensor]) -> None:
    """A file of that format with these tensors, right or wrong."""
    if to == "own":
        write_weights(path, ARCHITECTURE, dataclasses.asdict(TOLD), official, torch.float32)
    elif to == "port":
        save_file({_port(name): tensor for name, tensor in official.items()}, path)
    else:
        write_official(path, official)


def _port(name: str) -> str:
    return name if name == "surplus" else port_name(name)


@pytest.mark.parametrize("to", FORMATS)
def test_every_missing_tensor_is_named_as_the_file_calls_it(to: Format, tmp_path: Path) -> None:
    tensors = dict(random_model(TOLD).state_dict())
    assert len(tensors) == 18 + 14 * TOLD.depth
    for name in tensors:
        write_raw(tmp_path / "broken", to, {other: tensor for other, tensor in tensors.items() if other != name})
        called = port_name(name) if to == "port" else name
        with pytest.raises(InputError) as refused:
            read_published(tmp_path / "broken", TOLD)
        assert str(refused.value).startswith(f"{tmp_path / 'broken'}: tensor {called!r} is missing")
        assert "more are" not in str(refused.value)


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"surplus": torch.zeros(1)}, "tensor 'surplus' is not part of this model"),
        ({"mask_token": torch.zeros(1, 1, 1, 3)}, "mask_token' has shape (1, 1, 1, 3), but (1, 1, 1, 16) is needed"),
        ({"norm.bias": torch.full((16,), torch.nan)}, "norm.bias' is damaged: it holds NaN or infinity"),
    ],
    ids=["extra", "misshapen", "not finite"],
)
def test_extra_misshapen_and_damaged_tensors_are_named(
    to: Format, change: dict[str, Tensor], message: str, tmp_path: Path
) -> None:
    write_raw(tmp_path / "broken", to, random_model(TOLD).state_dict() | change)
    with pytest.raises(InputError) as refused:
        read_published(tmp_path / "broken", TOLD)
    assert str(refused.value).startswith(str(tmp_path))
    assert message.replace("norm.bias", port_name("norm.bias") if to == "port" else "norm.bias") in str(refused.value)


@pytest.mark.parametrize("to", ["official", "port"])
def test_another_dtype_is_named(to: Format, tmp_path: Path) -> None:
    write_raw(tmp_path / "broken", to, random_model(TOLD).state_dict() | {"mask_token": torch.zeros(1).double()})
    with pytest.raises(InputError, match="mask_token' is torch.float64: float32, float16 or bfloat16 is needed"):
        read_published(tmp_path / "broken", TOLD)


BLOCKS_GONE = r"tensor 'blocks\.20\.\S+' is missing: shape .* is needed; 55 more are missing, extra or misshapen"
OTHER_SHAPES: dict[str, tuple[dict[str, tuple[int, ...] | None], str]] = {
    "the last four blocks": ({f"blocks.{block}.": None for block in range(20, 24)}, BLOCKS_GONE),
    "one block": ({"blocks.13.": None}, r"tensor 'blocks\.13\.\S+' is missing: .* 13 more"),
    "taps": ({"decoder_embed.weight": (16384, 3072)}, r"'decoder_embed.weight' has .*3072\), but \(16384, 4096\) is"),
    "positions": ({"pos_embed": (1, 257, 1024)}, r"'pos_embed' has shape \(1, 257, 1024\), but \(1, 197, 1024\) is"),
    "canvas": (
        {"blocks.3.attn.rel_pos_h": (95, 64)},
        r"'blocks.3.attn.rel_pos_h' has shape \(95, 64\), but \(111, 64\) is needed$",
    ),
    "heads": (
        {f"blocks.{block}.attn.rel_pos_w": (55, 32) for block in range(24)},
        r"'blocks.0.attn.rel_pos_w' has shape \(55, 32\), but \(55, 64\) is needed; 23 more are",
    ),
}


@pytest.mark.parametrize("case", OTHER_SHAPES)
def test_the_official_format_is_held_to_the_published_sizes(case: str, tmp_path: Path) -> None:
    """Though each of these would be a whole model of other sizes, or nearly one."""
    changes, message = OTHER_SHAPES[case]
    tensors = hollow()
    for beginning, shape in changes.items():
        for name in [name for name in tensors if name.startswith(beginning)]:
            del tensors[name]
            if shape is not None:
                tensors[name] = torch.zeros(()).expand(shape)
    write_hollow(tmp_path / "seggpt.pth", tensors)
    with pytest.raises(InputError, match=message):
        read_published(tmp_path / "seggpt.pth")


def test_the_ports_format_is_held_to_the_published_sizes(tmp_path: Path) -> None:
    write_published(random_model(TOLD), tmp_path / "port", "port", TOLD)
    message = r"port: tensor 'model\.encoder\.layers\.3\.\S+' is missing: .*more are missing, extra or misshapen"
    with pytest.raises(InputError, match=message):
        read_published(tmp_path / "port")


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path: Path) -> None:
    other = {"conv1.weight": torch.zeros(4, 3, 7, 7)}
    write_official(tmp_path / "resnet.pth", other)
    with pytest.raises(
        InputError, match=r"resnet.pth: tensor 'mask_token' is missing: .*; 354 more are missing, extra"
    ):
        read_published(tmp_path / "resnet.pth")
    save_file(other, tmp_path / "resnet.safetensors")
    with pytest.raises(InputError, match=r"resnet.safetensors: tensor 'model.embeddings.mask_token' is missing"):
        read_published(tmp_path / "resnet.safetensors")
    write_weights(tmp_path / "own", "compact", {}, other)
    with pytest.raises(InputError, match="own: weights of the model 'compact', but 'seggpt' is needed"):
        read_published(tmp_path / "own")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dim": 32}, "tensor 'mask_token' has shape (1, 1, 1, 16), but (1, 1, 1, 32) is needed"),
        ({"depth": 4096}, "tensor 'blocks.3.norm1.weight' is missing: 4096 blocks are needed"),
        ({"depth": 2, "taps": [1], "merge_after": 1}, "tensor 'blocks.2.attn.proj.bias' is not part of this model"),
        ({"decoder_dim": 4096, "patch": 4096, "canvas": [8192, 4096]}, "says canvas [8192, 4096]: whole numbers"),
        ({"decoder_dim": 4096}, "but (65536, 16) is needed"),
        ({"novel": 1}, "its description names ["),
        ({"taps": [9]}, r"taps (9,), depth 3: the streams must merge"),
    ],
)
def test_a_description_that_its_tensors_contradict_is_refused(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    config = dataclasses.asdict(TOLD) | change
    write_weights(tmp_path / "own", ARCHITECTURE, config, random_model(TOLD).state_dict())
    with pytest.raises(InputError) as refused:
        read_published(tmp_path / "own")
    assert str(refused.value).startswith(f"{tmp_path / 'own'}: ")
    assert message in str(refused.value)


@pytest.mark.parametrize("values", ["no json", '{"format": 2}', '{"format": 1}', "[]"])
def test_a_damaged_description_is_refused(values: str, tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "own", {METADATA_KEY: values})
    with pytest.raises(InputError, match=r"own: (its description is damaged|format 2, but 1 is needed)"):
        read_published(tmp_path / "own")


@pytest.mark.parametrize("to", FORMATS)
def test_a_truncated_file_is_refused(to: Format, tmp_path: Path) -> None:
    write_published(random_model(TOLD), tmp_path / "whole", to, TOLD)
    whole = (tmp_path / "whole").read_bytes()
    for size in {0, 1, 9, 100, len(whole) // 2, len(whole) - 1}:
        (tmp_path / "cut").write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"cut: (damaged|begins with)"):
            read_published(tmp_path / "cut")


def test_what_is_no_weights_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pointer").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(InputError, match="pointer: begins with b'version h': neither safetensors nor a PyTorch file"):
        read_published(tmp_path / "pointer")
    with pytest.raises(InputError, match="absent: no such weights file"):
        read_published(tmp_path / "absent")


def test_the_ports_file_is_one_that_transformers_takes(tmp_path: Path) -> None:
    write_published(random_model(TOLD), tmp_path / "model.safetensors", "port", TOLD)
    header = (tmp_path / "model.safetensors").read_bytes()
    length = int.from_bytes(header[:8], "little")
    assert json.loads(header[8 : 8 + length])["__metadata__"] == {"format": "pt"}
    assert "model.encoder.layers.2.attention.qkv.bias" in load_file(tmp_path / "model.safetensors")


@pytest.mark.parametrize("to", FORMATS)
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    to: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights"
    digest = write_published(random_model(TOLD), path, to, TOLD)

    def fail(*arguments: Any, **_: Any) -> None:
        for target in arguments:
            if isinstance(target, Path):
                target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("seggpt_core.own_format.save_file", fail)
    monkeypatch.setattr("seggpt_core.official_format.torch.save", fail)
    with pytest.raises(WorkError, match="cannot write .*weights: No space left on device"):
        write_published(random_model(TOLD, seed=1), path, to, TOLD)
    assert [found.name for found in tmp_path.iterdir()] == ["weights"]
    assert sha256(path) == digest
