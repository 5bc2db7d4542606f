"""Weights on disk: our own format (safetensors with a description in its metadata), loaded strictly.

Own format: every tensor float16 or float32, metadata `format` = "seggpt-core-1", `model` the model's name,
`config` its hyper-parameters as JSON. A file's identity is the SHA-256 of its bytes.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from seggpt_core.compact import Compact, CompactNet
from seggpt_core.config import CompactConfig
from seggpt_core.errors import InputError
from seggpt_core.prompt import InContextModel
from seggpt_core.readout import MatchingReadout
from seggpt_core.stem import Stem

FORMAT = "seggpt-core-1"
_WEIGHTS = Path(__file__).parent / "weights"
_EMBEDDED = {"compact": _WEIGHTS / "compact.safetensors", "readout": _WEIGHTS / "readout.safetensors"}


def model_names() -> tuple[str, ...]:
    """Names that `load_model` takes; the first is the default."""
    return tuple(_EMBEDDED)


def load_model(name: str, *, weights: Path | None = None, device: torch.device) -> InContextModel:
    """The model of that name, in eval mode on `device`, with the embedded weights or those in `weights`.

    Raises InputError for an unknown name, and for a file that is missing, damaged or of another model.
    """
    if name not in _EMBEDDED:
        raise InputError(f"model {name!r}: there is {', '.join(model_names())}")
    path = weights or _EMBEDDED[name]
    metadata, tensors = read_weights(path)
    if metadata["model"] != name:
        raise InputError(f"{path}: weights of the model {metadata['model']!r}, but {name!r} was asked for")
    if name == "readout":
        stem = Stem()
        load_strictly(stem, tensors, path)
        return MatchingReadout(stem, sha256(path), device)
    net = CompactNet(_compact_config(metadata["config"], path))
    load_strictly(net, tensors, path)
    return Compact(net, sha256(path), device)


def read_weights(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and float32 tensors of a file in our own format."""
    if not path.is_file():
        raise InputError(f"{path}: no such weights file")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: damaged, or not a safetensors file ({error})") from error
    if metadata.get("format") != FORMAT or "model" not in metadata or "config" not in metadata:
        raise InputError(f"{path}: format {metadata.get('format')!r}, but {FORMAT!r} is needed")
    return metadata, tensors


def write_weights(path: Path, model: str, config: Mapping[str, object], tensors: Mapping[str, Tensor]) -> str:
    """Write our own format in float16, under a temporary name first; returns the file's SHA-256."""
    halves = {name: tensor.detach().cpu().half().contiguous() for name, tensor in tensors.items()}
    metadata = {"format": FORMAT, "model": model, "config": json.dumps(dict(config), sort_keys=True)}
    temporary = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(halves, temporary, metadata)
    os.replace(temporary, path)
    return sha256(path)


def load_strictly(module: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Load every tensor, or raise InputError naming the first that is missing, extra or misshapen."""
    own = module.state_dict()
    for name in own:
        if name not in tensors:
            raise InputError(f"{path}: tensor {name!r} is missing")
    for name, tensor in tensors.items():
        if name not in own:
            raise InputError(f"{path}: tensor {name!r} is not part of this model")
        if own[name].shape != tensor.shape:
            raise InputError(
                f"{path}: tensor {name!r} has shape {tuple(tensor.shape)}, but {tuple(own[name].shape)} is needed"
            )
    module.load_state_dict(dict(tensors))


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compact_config(text: str, path: Path) -> CompactConfig:
    known = {field.name for field in dataclasses.fields(CompactConfig)}
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: its description is damaged ({error})") from error
    if not isinstance(values, dict) or set(values) != known:
        raise InputError(f"{path}: its description names {sorted(values)}, but {sorted(known)} is needed")
    return CompactConfig(**values)
