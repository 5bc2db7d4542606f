"""Weights are loaded strictly or refused by name."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from seggpt_core.checkpoint import (
    EMBEDDED,
    Verified,
    load_model,
    load_published,
    read_weights,
    sha256,
    verify_file,
    write_weights,
)
from seggpt_core.compact import CompactNet
from seggpt_core.config import CompactConfig
from seggpt_core.downloads import PUBLISHED, download, source_of
from seggpt_core.errors import InputError, WorkError
from seggpt_core.own_format import METADATA_KEY, write_safetensors
from seggpt_core.published_files import write_published
from tests.seggpt_core.fake_hub import FakeHub
from tests.seggpt_core.published_models import TOLD, random_model

CPU = torch.device("cpu")
CONFIG = CompactConfig(key_channels=16, width=32, decoder_width=32)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    write_weights(path, "compact", dataclasses.asdict(CONFIG), CompactNet(CONFIG).state_dict())
    return path


@pytest.mark.parametrize("name", EMBEDDED)
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


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded_files_written_again_have_the_same_bytes(name: str, tmp_path: Path) -> None:
    description, tensors = read_weights(EMBEDDED[name].path)
    digest = write_weights(tmp_path / "again", description.model, description.config, tensors)
    assert digest == sha256(EMBEDDED[name].path)


def test_float32_keeps_every_bit(tmp_path: Path) -> None:
    tensor = torch.tensor([1 / 3, 1e-42, -0.0, 3e38])
    write_weights(tmp_path / "w", "any", {}, {"x": tensor}, torch.float32)
    assert torch.equal(read_weights(tmp_path / "w")[1]["x"].view(torch.int32), tensor.view(torch.int32))


def test_a_dtype_that_float32_would_change_is_named(tmp_path: Path) -> None:
    write_weights(tmp_path / "w", "any", {}, {"x": torch.ones(2)}, torch.float64)
    with pytest.raises(InputError, match="'x' is torch.float64: float32, float16 or bfloat16 is needed"):
        read_weights(tmp_path / "w")


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(WorkError, match="cannot write .*taken"):
        write_weights(tmp_path / "taken", "any", {}, {"x": torch.ones(2)})
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]


def test_a_file_is_verified_whatever_it_holds(saved: Path, tmp_path: Path) -> None:
    assert verify_file(saved) == Verified(model="compact", format="own", sha256=sha256(saved), checked=True)
    for to, checked in (("own", True), ("official", True), ("port", False)):
        published = tmp_path / f"seggpt.{to}"
        digest = write_published(random_model(TOLD), published, to, TOLD)  # type: ignore[arg-type]
        expected = Verified(model="seggpt", format=to, sha256=digest, checked=checked)  # type: ignore[arg-type]
        assert verify_file(published, TOLD) == expected
    write_weights(saved, "other", {}, {"x": torch.zeros(1)})
    with pytest.raises(InputError, match="weights of the model 'other', but 'seggpt' is needed"):
        verify_file(saved)


def test_files_without_a_checksum_are_told_apart(tmp_path: Path) -> None:
    assert verify_file(EMBEDDED["compact"].path).checked
    description, tensors = read_weights(EMBEDDED["readout"].path)
    values = {"format": 1, "model": description.model, "config": description.config}
    write_safetensors(tmp_path / "plain", tensors, {METADATA_KEY: json.dumps(values)})
    assert not verify_file(tmp_path / "plain").checked
    older = tmp_path / "older.pth"
    torch.save({"model": random_model(TOLD).state_dict()}, older, _use_new_zipfile_serialization=False)
    assert not verify_file(older, TOLD).checked


def test_a_file_without_sizes_is_held_to_the_published_ones(tmp_path: Path) -> None:
    write_published(random_model(TOLD), tmp_path / "small.pth", "official", TOLD)
    write_published(random_model(TOLD), tmp_path / "small.safetensors", "own")
    for load in (lambda path: load_published(path, CPU), verify_file):
        load(tmp_path / "small.safetensors")
        with pytest.raises(
            InputError, match=r"small.pth: tensor 'blocks.3.\S+' is missing: shape .* is needed; .* more are"
        ):
            load(tmp_path / "small.pth")


def test_the_published_model_loads_from_a_file(tmp_path: Path) -> None:
    net = random_model(TOLD)
    digest = write_published(net, tmp_path / "seggpt.pth", "official", TOLD)
    loaded, found = load_published(tmp_path / "seggpt.pth", CPU, sizes=TOLD)
    assert (found, loaded.training, loaded.config) == (digest, False, TOLD)
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
    with torch.inference_mode():
        canvases = torch.rand(2, 1, 1, 3, *TOLD.canvas)
        masked = torch.ones(TOLD.grid, dtype=torch.bool)
        assert torch.equal(loaded(*canvases, masked, "instance"), net(*canvases, masked, "instance"))


def test_the_published_model_loads_from_its_download(tmp_path: Path) -> None:
    hub = FakeHub(tmp_path / "cache")
    with pytest.raises(InputError, match="run `vos models download seggpt-vit-large`, or give a file with --weights"):
        load_published(None, CPU, hub)
    source = source_of(PUBLISHED)
    digest = hub.publish(source, random_model(TOLD))
    download(source, hub, TOLD)
    assert load_published(None, CPU, hub, TOLD)[1] == digest


def test_missing_extra_and_misshapen_tensors_are_named(saved: Path) -> None:
    _, tensors = read_weights(saved)
    config = dataclasses.asdict(CONFIG)
    without = {name: tensor for name, tensor in tensors.items() if name != "key.weight"}
    cases = {
        r"'key\.weight' is missing": without,
        "'surplus' is not part": tensors | {"surplus": torch.zeros(1)},
        r"'key\.weight' has shape \(3,\), but \(16, 283\) is needed$": tensors | {"key.weight": torch.zeros(3)},
        r"'key\.weight' is missing: .*; 1 more are missing, extra or misshapen$": without | {"surplus": torch.zeros(1)},
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
    with pytest.raises(InputError, match="there is compact, compact-davis, readout"):
        load_model("compct", device=CPU)
