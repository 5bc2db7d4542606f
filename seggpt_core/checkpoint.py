"""Weights, by model name or by file: what there is, loaded strictly or refused by name."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import torch

from seggpt_core.compact import Compact, CompactNet
from seggpt_core.config import CompactConfig
from seggpt_core.errors import InputError
from seggpt_core.files import sha256
from seggpt_core.own_format import (
    Description,
    load_strictly,
    read_weights,
    write_weights,
)
from seggpt_core.prompt import InContextModel
from seggpt_core.readout import MatchingReadout
from seggpt_core.stem import Stem

__all__ = [
    "EMBEDDED",
    "Description",
    "load_model",
    "load_strictly",
    "model_names",
    "read_weights",
    "sha256",
    "write_weights",
]

_WEIGHTS = Path(__file__).parent / "weights"
EMBEDDED = {"compact": _WEIGHTS / "compact.safetensors", "readout": _WEIGHTS / "readout.safetensors"}
"""Models whose weights travel in the package."""


def model_names() -> tuple[str, ...]:
    """Names that `load_model` takes; the first is the default."""
    return tuple(EMBEDDED)


def load_model(name: str, *, weights: Path | None = None, device: torch.device) -> InContextModel:
    """The model of that name, in eval mode on `device`, with the embedded weights or those in `weights`.

    Raises InputError for an unknown name, and for a file that is missing, damaged or of another model.
    """
    if name not in EMBEDDED:
        raise InputError(f"model {name!r}: there is {', '.join(model_names())}")
    path = weights or EMBEDDED[name]
    description, tensors = read_weights(path)
    if description.model != name:
        raise InputError(f"{path}: weights of the model {description.model!r}, but {name!r} was asked for")
    if name == "readout":
        stem = Stem()
        load_strictly(stem, tensors, path)
        return MatchingReadout(stem, sha256(path), device)
    net = CompactNet(_compact_config(description.config, path))
    load_strictly(net, tensors, path)
    return Compact(net, sha256(path), device)


def _compact_config(values: Mapping[str, object], path: Path) -> CompactConfig:
    known = {field.name for field in dataclasses.fields(CompactConfig)}
    if set(values) != known:
        raise InputError(f"{path}: its description names {sorted(values)}, but {sorted(known)} is needed")
    sizes = {name: value for name, value in values.items() if isinstance(value, int)}
    if len(sizes) != len(known):
        raise InputError(f"{path}: its description holds {dict(values)}, but whole numbers are needed")
    return CompactConfig(**sizes)
