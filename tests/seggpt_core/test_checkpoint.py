"""Weights are loaded strictly or refused by name."""

import dataclasses
from pathlib import Path

import pytest
import torch

from seggpt_core.checkpoint import load_model, model_names, read_weights, sha256, write_weights
from seggpt_core.compact import CompactNet
from seggpt_core.config import CompactConfig
from seggpt_core.errors import InputError

CPU = torch.device("cpu")
CONFIG = CompactConfig(key_channels=16, width=32, heads=4, depth=1, decoder_width=32)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    write_weights(path, "compact", dataclasses.asdict(CONFIG), CompactNet(CONFIG).state_dict())
    return path


@pytest.mark.parametrize("name", model_names())
def test_embedded_weights_load(name: str) -> None:
    model = load_model(name, device=CPU)
    assert model.name == name
    assert model.slots == 3
    assert len(model.weights_hash) == 64


def test_a_round_trip_keeps_every_tensor(saved: Path) -> None:
    description, tensors = read_weights(saved)
    again = saved.with_name("again.safetensors")
    write_weights(again, description.model, dataclasses.asdict(CONFIG), tensors)
    assert sha256(again) == sha256(saved)
    assert load_model("compact", weights=saved, device=CPU).weights_hash == sha256(saved)


def test_missing_extra_and_misshapen_tensors_are_named(saved: Path) -> None:
    _, tensors = read_weights(saved)
    config = dataclasses.asdict(CONFIG)
    without = {name: tensor for name, tensor in tensors.items() if name != "query_token"}
    cases = {
        "'query_token' is missing": without,
        "'surplus' is not part": tensors | {"surplus": torch.zeros(1)},
        r"'query_token' has shape \(3,\)": tensors | {"query_token": torch.zeros(3)},
    }
    for message, broken in cases.items():
        write_weights(saved, "compact", config, broken)
        with pytest.raises(InputError, match=message):
            load_model("compact", weights=saved, device=CPU)


def test_damaged_and_foreign_files_are_refused(saved: Path, tmp_path: Path) -> None:
    whole = saved.read_bytes()
    saved.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged"):
        load_model("compact", weights=saved, device=CPU)
    with pytest.raises(InputError, match="no such weights file"):
        load_model("compact", weights=tmp_path / "absent", device=CPU)
    write_weights(saved, "readout", {}, {"x": torch.zeros(1)})
    with pytest.raises(InputError, match="'readout', but 'compact'"):
        load_model("compact", weights=saved, device=CPU)
    with pytest.raises(InputError, match="there is compact, readout"):
        load_model("compct", device=CPU)
