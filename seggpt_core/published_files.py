"""The published model's weights on disk, in three formats with the same tensors, written in float32.

official: the authors' `.pth`, whose names the net has (`seggpt_core.official_format`).
port:     safetensors with the names of SegGPT in `transformers`.
own:      our own format (`seggpt_core.own_format`), the only one that says the model's sizes.

Reading is strict and runs no code. Equal weights give equal files, whatever they are called.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args

import torch
from torch import Tensor

from seggpt_core.config import PUBLISHED_SIZES, SegGPTConfig
from seggpt_core.errors import InputError
from seggpt_core.files import sha256
from seggpt_core.formats import described_sizes, port_name, require_blocks
from seggpt_core.model import SegGPT
from seggpt_core.official_format import read_official, write_official
from seggpt_core.own_format import Description, read_safetensors, require_tensors, write_safetensors, write_weights

Format = Literal["official", "port", "own"]
FORMATS: tuple[Format, ...] = get_args(Format)
ARCHITECTURE = "seggpt"
"""The model's name in our own format."""

_ZIP, _PICKLE = b"PK", b"\x80"


def read_published(path: Path, sizes: SegGPTConfig = PUBLISHED_SIZES) -> tuple[SegGPT, Format]:
    """The net in float32 and eval mode on the CPU, and the format its file has.

    sizes: what a file of the official or the port's format, which do not say their sizes, must be of. Raises
    InputError for a file that is missing, damaged, holds code, or is not strictly this model.
    """
    if not is_safetensors(path):
        return _net(sizes, read_official(path), path), "official"
    description, tensors = read_safetensors(path)
    if description is None:
        return _net(sizes, tensors, path, port_name), "port"
    with _naming(path):
        config = _described_config(description, tensors)
    return _net(config, tensors, path), "own"


def write_published(net: SegGPT, path: Path, to: Format, sizes: SegGPTConfig = PUBLISHED_SIZES) -> str:
    """Write the net in float32, whole or not at all; returns the file's SHA-256.

    sizes: what the reader of a format that does not say them will take them to be. Raises InputError where the net
    has others, WorkError where the disk refuses.
    """
    tensors = {name: tensor.detach().to("cpu", torch.float32) for name, tensor in net.state_dict().items()}
    if to == "own":
        return write_weights(path, ARCHITECTURE, dataclasses.asdict(net.config), tensors, torch.float32)
    if net.config != sizes:
        raise InputError(
            f"{path}: the {to} format has no place for sizes, and the published ones are others: "
            f"{_difference(net.config, sizes)}; choose own"
        )
    if to == "port":
        # transformers loads only safetensors that say whose layout they have.
        write_safetensors(path, {port_name(name): tensor for name, tensor in tensors.items()}, {"format": "pt"})
    else:
        write_official(path, tensors)
    return sha256(path)


def _difference(found: SegGPTConfig, needed: SegGPTConfig) -> str:
    theirs = dataclasses.asdict(needed)
    pairs = [(name, value, theirs[name]) for name, value in dataclasses.asdict(found).items()]
    return ", ".join(f"{name} {value} instead of {other}" for name, value, other in pairs if value != other)


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
    """The sizes that the description says; there are as many blocks."""
    if description.model != ARCHITECTURE:
        raise InputError(f"weights of the model {description.model!r}, but {ARCHITECTURE!r} is needed")
    config = described_sizes(description.config)
    require_blocks(tensors, config.depth)  # before so many are made
    return config


def _net(
    config: SegGPTConfig, tensors: Mapping[str, Tensor], path: Path, file_name: Callable[[str], str] = str
) -> SegGPT:
    """The net that holds copies of a file's tensors, checked first; `file_name` says what the file calls them."""
    with torch.device("meta"):  # shapes alone: to initialise the published sizes would take seconds
        net = SegGPT(config)
    names = {name: file_name(name) for name in net.state_dict()}
    require_tensors({names[name]: tensor for name, tensor in net.state_dict().items()}, tensors, path)
    for name, tensor in tensors.items():
        if not all(bound.isfinite() for bound in tensor.aminmax()):  # NaN, if there is one, is both bounds
            raise InputError(f"{path}: tensor {name!r} is damaged: it holds NaN or infinity")
    net.to_empty(device="cpu").load_state_dict({name: tensors[called] for name, called in names.items()})
    return net.eval()


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Errors inside are given the file's name."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
