"""A file in our own format notices when any of its bits has changed."""

import json
import random
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from seggpt_core.errors import InputError
from seggpt_core.own_format import (
    METADATA_KEY,
    content_sha256,
    read_description,
    read_safetensors,
    read_weights,
    write_safetensors,
    write_weights,
)

TENSORS: dict[str, Tensor] = {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor(1.5)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_weights(tmp_path / "own", "any", {"merge_after": 2, "taps": (1, 2)}, TENSORS)
    return tmp_path / "own"


def values(path: Path) -> dict[str, object]:
    with safe_open(path, framework="pt") as file:
        return dict(json.loads(file.metadata()[METADATA_KEY]))


def test_a_file_says_the_hash_of_its_contents(path: Path) -> None:
    halves = {name: tensor.half() for name, tensor in TENSORS.items()}
    expected = content_sha256("any", {"merge_after": 2, "taps": [1, 2]}, halves)
    assert values(path)["content_sha256"] == expected
    description, tensors = read_weights(path)
    assert description == read_description(path)
    assert description.content_sha256 == expected
    assert all(torch.equal(tensors[name], tensor) for name, tensor in TENSORS.items())


@pytest.mark.parametrize(
    "other",
    [
        TENSORS | {"a": torch.arange(6.0).view(3, 2)},
        TENSORS | {"a": torch.arange(6.0).view(2, 3).view(torch.int32)},
        TENSORS | {"b": torch.tensor(-1.5)},
        {"a": TENSORS["b"], "b": TENSORS["a"]},
        {"a": TENSORS["a"]},
        TENSORS | {"c": torch.zeros(0)},
    ],
    ids=["shape", "dtype", "bytes", "names", "missing", "extra"],
)
def test_whatever_a_tensor_is_changes_the_hash(other: dict[str, Tensor]) -> None:
    assert content_sha256("any", {}, other) != content_sha256("any", {}, TENSORS)


def test_neither_order_nor_strides_change_the_hash() -> None:
    again = {"b": TENSORS["b"], "a": TENSORS["a"].T.contiguous().T}
    assert content_sha256("any", {"x": 1, "y": 2}, again) == content_sha256("any", {"y": 2, "x": 1}, TENSORS)


def test_any_flipped_bit_is_found(path: Path) -> None:
    whole = path.read_bytes()
    draw = random.Random(0)
    for place in range(len(whole)):
        content = bytearray(whole)
        content[place] ^= 1 << draw.randrange(8)
        path.write_bytes(content)
        try:
            description, _ = read_safetensors(path)
        except InputError:
            continue
        assert description is None, f"byte {place}"  # the key itself was hit: not our own format any more


def test_a_flipped_bit_in_a_tensor_is_told_with_both_hashes(path: Path) -> None:
    said = values(path)["content_sha256"]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    message = (
        rf"own: damaged: the SHA-256 of its contents is (?!{said})[0-9a-f]{{64}}, but was {said} when it was written"
    )
    with pytest.raises(InputError, match=message):
        read_weights(path)
    assert read_description(path) is not None  # which reads no tensor


def test_a_file_from_before_there_was_a_hash_is_read(path: Path) -> None:
    older = {name: value for name, value in values(path).items() if name != "content_sha256"}
    write_safetensors(path, TENSORS, {METADATA_KEY: json.dumps(older)})
    description, tensors = read_weights(path)
    assert description.content_sha256 is None
    assert torch.equal(tensors["a"], TENSORS["a"])


def test_an_unknown_entry_is_damage(path: Path) -> None:
    changed = {name.replace("content", "kontent"): value for name, value in values(path).items()}
    write_safetensors(path, TENSORS, {METADATA_KEY: json.dumps(changed)})
    with pytest.raises(InputError, match="its description is damaged .it has the unknown kontent_sha256"):
        read_weights(path)


def test_a_file_of_another_format_has_no_description(path: Path) -> None:
    write_safetensors(path, TENSORS, {"format": "pt"})
    assert read_description(path) is None
    assert read_safetensors(path)[0] is None
    with pytest.raises(InputError, match="not weights of this project: its metadata has no 'seggpt-core'"):
        read_weights(path)
