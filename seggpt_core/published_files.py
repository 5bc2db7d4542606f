"""The published model's weights on disk, in three formats with the same tensors, written in float32.

official: the authors' `.pth`, whose names the net has (`seggpt_core.official_format`).
port:     safetensors with the names of SegGPT in `transformers`.
own:      our own format (`seggpt_core.own_format`), the only one that says the model's sizes.

Reading is strict and runs no code. Equal weights give equal files, whatever they are called.
"""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args

import torch
from torch import Tensor

from seggpt_core.config import SegGPTConfig
from seggpt_core.errors import InputError
from seggpt_core.files import sha256
from seggpt_core.formats import official_name, port_name, published_config, shapes_tell
from seggpt_core.model import SegGPT
from seggpt_core.official_format import read_official, write_official
from seggpt_core.own_format import (
    METADATA_KEY,
    Description,
    described,
    read_safetensors,
    require_tensors,
    write_safetensors,
    write_weights,
)

Format = Literal["official", "port", "own"]
FORMATS: tuple[Format, ...] = get_args(Format)
ARCHITECTURE = "seggpt"
"""The model's name in our own format."""

_ZIP, _PICKLE = b"PK", b"\x80"


def read_published(path: Path) -> tuple[SegGPT, Format]:
    """The net in float32 and eval mode on the CPU, and the format its file has.

    Raises InputError for a file that is missing, damaged, holds code, or is not strictly this model.
    """
    if not is_safetensors(path):
        tensors = read_official(path)
        with _naming(path):
            config = published_config(tensors)
        return _net(config, tensors, path), "official"
    metadata, tensors = read_safetensors(path)
    if METADATA_KEY in metadata:
        description = described(metadata, path)
        with _naming(path):
            config = _described_config(description, tensors)
        return _net(config, tensors, path), "own"
    with _naming(path):
        tensors = {official_name(name): tensor for name, tensor in tensors.items()}
        config = published_config(tensors, file_name=port_name)
    return _net(config, tensors, path, port_name), "port"


def write_published(net: SegGPT, path: Path, to: Format) -> str:
    """Write the net in float32, whole or not at all; returns the file's SHA-256.

    Raises InputError where the format cannot say the net's sizes, WorkError where the disk refuses.
    """
    tensors = {name: tensor.detach().to("cpu", torch.float32) for name, tensor in net.state_dict().items()}
    if to == "own":
        return write_weights(path, ARCHITECTURE, dataclasses.asdict(net.config), tensors, torch.float32)
    if not shapes_tell(net.config):
        raise InputError(
            f"{path}: the {to} format has no place for taps {net.config.taps} and merge_after {net.config.merge_after} "
            f"of {net.config.depth} blocks; choose own"
        )
    if to == "port":
        # transformers loads only safetensors that say whose layout they have.
        write_safetensors(path, {port_name(name): tensor for name, tensor in tensors.items()}, {"format": "pt"})
    else:
        write_official(path, tensors)
    return sha256(path)


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do, rather than as PyTorch's own files.

    Raises InputError for a file that begins as neither.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such weights file")
    with path.open("rb") as file:
        beginning = file.read(9)
    if beginning[8:] == b"{":  # after the length of the header, its JSON
        return True
    if not beginning.startswith((_ZIP, _PICKLE)):
        raise InputError(f"{path}: begins with {beginning!r}: neither safetensors nor a PyTorch file")
    return False


def _described_config(description: Description, tensors: Mapping[str, Tensor]) -> SegGPTConfig:
    """The sizes that the description says. Raises InputError unless they are those of the tensors."""
    if description.model != ARCHITECTURE:
        raise InputError(f"weights of the model {description.model!r}, but {ARCHITECTURE!r} is needed")
    said = dict(description.config)
    taps, merge_after = said.get("taps"), said.get("merge_after")
    numbers = [*taps, merge_after] if isinstance(taps, list) else []
    if len(numbers) < 2 or not all(type(number) is int for number in numbers):
        raise InputError(
            f"its description says taps {taps!r} and merge_after {merge_after!r}: "
            "whole numbers, such as [5, 11, 17, 23] and 2, are needed"
        )
    config = published_config(tensors, tuple(numbers[:-1]), numbers[-1])
    implied = json.loads(json.dumps(dataclasses.asdict(config)))  # with lists for tuples, as the file has them
    for name in sorted(implied.keys() | said.keys()):
        if said.get(name) != implied.get(name):
            raise InputError(
                f"its description says {name} {said.get(name)!r}, but its tensors are those of {implied.get(name)!r}"
            )
    return config


def _net(
    config: SegGPTConfig, tensors: Mapping[str, Tensor], path: Path, file_name: Callable[[str], str] = str
) -> SegGPT:
    """The net that holds copies of `tensors`, checked first; `file_name` says what the file calls a tensor."""
    with torch.device("meta"):  # shapes alone: to initialise the published sizes would take seconds
        net = SegGPT(config)
    needed = {file_name(name): tensor for name, tensor in net.state_dict().items()}
    require_tensors(needed, {file_name(name): tensor for name, tensor in tensors.items()}, path)
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise InputError(f"{path}: tensor {file_name(name)!r} is damaged: it holds NaN or infinity")
    net.to_empty(device="cpu").load_state_dict(dict(tensors))
    return net.eval()


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Errors inside are given the file's name."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
