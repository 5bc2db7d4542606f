"""Nothing inside a `.pth` is run, and damage is told of."""

import argparse
import io
import os
import pickle
import random
from pathlib import Path

import pytest
import torch

from seggpt_core.errors import InputError
from seggpt_core.official_format import read_official, write_official


class Marker:
    """Makes a folder when it is unpickled by careless code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (os.mkdir, (str(self.path),))


def saved(content: object, *, archive: bool = True) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=archive)
    return buffer.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "weights.pth"


@pytest.mark.parametrize("archive", [True, False], ids=["archive", "older form"])
def test_tensors_are_read_exactly(archive: bool, path: Path) -> None:
    tensor = torch.randn(3, 4)
    path.write_bytes(saved({"model": {"x": tensor.T, "half": tensor.half()}, "epoch": 3}, archive=archive))
    found = read_official(path)
    assert torch.equal(found["x"], tensor.T)
    assert torch.equal(found["half"], tensor.half().float())


def test_equal_tensors_give_equal_files_of_whatever_name(tmp_path: Path) -> None:
    tensors = {"x": torch.arange(6.0)}
    write_official(tmp_path / "a.pth", tensors)
    write_official(tmp_path / "b.bin", tensors)
    assert (tmp_path / "a.pth").read_bytes() == (tmp_path / "b.bin").read_bytes()


@pytest.mark.parametrize("archive", [True, False], ids=["archive", "older form"])
def test_code_is_refused_and_not_run(archive: bool, path: Path, tmp_path: Path) -> None:
    marker = tmp_path / "was-run"
    for content in (saved({"model": Marker(marker)}, archive=archive), pickle.dumps(Marker(marker), protocol=2)):
        path.write_bytes(content)
        with pytest.raises(
            InputError, match=r"weights.pth: its pickle (asks for posix.mkdir, which may be code|is damaged)"
        ):
            read_official(path)
    assert not marker.exists()


def test_what_code_is_asked_for_is_named(path: Path) -> None:
    path.write_bytes(saved({"model": {}, "args": Path("folder")}))
    with pytest.raises(InputError, match=r"asks for pathlib\.\w+.*, which may be code; only a file of tensors"):
        read_official(path)


@pytest.mark.parametrize("archive", [True, False], ids=["archive", "older form"])
def test_the_command_line_of_a_training_run_is_passed_over(archive: bool, path: Path) -> None:
    args = argparse.Namespace(lr=1e-3, betas=(0.9, 0.95), output_dir="out", resume=None, inner=argparse.Namespace(x=1))
    left = {
        "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}},
        "epoch": 3,
        "scaler": {"scale": 2.0},
        "args": args,
    }
    path.write_bytes(saved({"model": {"x": torch.ones(2)}} | left, archive=archive))
    assert torch.equal(read_official(path)["x"], torch.ones(2))
    assert argparse.Namespace not in torch.serialization.get_safe_globals()


@pytest.mark.parametrize("archive", [True, False], ids=["archive", "older form"])
def test_code_inside_a_command_line_is_refused_and_not_run(archive: bool, path: Path, tmp_path: Path) -> None:
    marker = tmp_path / "was-run"
    args = argparse.Namespace(hook=Marker(marker))
    path.write_bytes(saved({"model": {"x": torch.ones(2)}, "args": args}, archive=archive))
    with pytest.raises(InputError, match="asks for posix.mkdir, which may be code"):
        read_official(path)
    assert not marker.exists()


def test_a_command_line_is_not_a_dict_of_tensors(path: Path) -> None:
    path.write_bytes(saved({"model": argparse.Namespace(x=torch.ones(2))}))
    with pytest.raises(InputError, match="holds no dict named 'model'"):
        read_official(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "holds no dict named 'model'"),
        ({"state_dict": {}}, "holds no dict named 'model'"),
        ({"model": torch.zeros(2)}, "holds no dict named 'model'"),
        ({"model": {"x": 3}}, "'x' is a int: a plain tensor is needed"),
        ({"model": {1: torch.zeros(2)}}, "1 is a Tensor: a plain tensor"),
        ({"model": {"x": torch.zeros(2, 2).to_sparse()}}, "'x' is a Tensor: a plain tensor"),
        ({"model": {"x": torch.zeros(2, device="meta")}}, "'x' is a Tensor: a plain tensor"),
        ({"model": {"x": torch.arange(2)}}, "'x' is torch.int64: float32, float16 or bfloat16"),
    ],
)
def test_other_content_is_refused(content: object, message: str, path: Path) -> None:
    path.write_bytes(saved(content))
    with pytest.raises(InputError) as refused:
        read_official(path)
    assert f"{path}: " in str(refused.value)
    assert message in str(refused.value)


def test_one_changed_bit_in_a_tensor_is_found(path: Path) -> None:
    tensor = torch.randn(1000)
    content = bytearray(saved({"model": {"x": tensor}}))
    content[content.index(tensor.numpy().tobytes()[:64]) + 2000] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged, or not a PyTorch file .*the checksum of archive/data/0 is wrong"):
        read_official(path)


@pytest.mark.parametrize("archive", [True, False], ids=["archive", "older form"])
def test_any_damage_is_an_input_error_or_harmless(archive: bool, path: Path) -> None:
    """Changed bytes may leave a readable file (the older form has no checksums); they never raise anything else."""
    whole = saved({"model": {"x": torch.randn(4, 4), "y": torch.zeros(3)}}, archive=archive)
    draw = random.Random(0)
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(draw.choice([1, 2, 5])):
            content[draw.randrange(len(content))] = draw.randrange(256)
        path.write_bytes(content)
        try:
            assert set(read_official(path)) <= {"x", "y"} or not archive
        except InputError:
            continue
