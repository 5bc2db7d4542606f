"""Weights on disk: our own format (safetensors with a description in its metadata), loaded strictly.

Own format: every tensor float16 or float32; one metadata entry, `seggpt-core`, whose JSON gives `format` (1),
`model` (its name) and `config` (its hyper-parameters). One entry, because safetensors writes several in no
fixed order and equal weights must give equal files: a file's identity is the SHA-256 of its bytes.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
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

FORMAT = 1
_METADATA_KEY = "seggpt-core"
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


@dataclass(frozen=True)
class Description:
    """What a weights file says of itself."""

    model: str
    config: Mapping[str, object]


def read_weights(path: Path) -> tuple[Description, dict[str, Tensor]]:
    """Description and float32 tensors of a file in our own format. Raises InputError if it is not one."""
    if not path.is_file():
        raise InputError(f"{path}: no such weights file")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: damaged, or not a safetensors file ({error})") from error
    if _METADATA_KEY not in metadata:
        raise InputError(f"{path}: not weights of this project: its metadata has no {_METADATA_KEY!r}")
    try:
        values = json.loads(metadata[_METADATA_KEY])
        if values["format"] != FORMAT:
            raise InputError(f"{path}: format {values['format']!r}, but {FORMAT!r} is needed")
        return Description(str(values["model"]), dict(values["config"])), tensors
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: its description is damaged ({error})") from error


def write_weights(path: Path, model: str, config: Mapping[str, object], tensors: Mapping[str, Tensor]) -> str:
    """Write our own format in float16, under a temporary name first; returns the file's SHA-256."""
    halves = {name: tensor.detach().cpu().half().contiguous() for name, tensor in tensors.items()}
    description = json.dumps({"format": FORMAT, "model": model, "config": dict(config)}, sort_keys=True)
    temporary = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(halves, temporary, {_METADATA_KEY: description})
    temporary.chmod(0o644)  # safetensors writes for the owner alone; installed weights are everybody's
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


def _compact_config(values: Mapping[str, object], path: Path) -> CompactConfig:
    known = {field.name for field in dataclasses.fields(CompactConfig)}
    if set(values) != known:
        raise InputError(f"{path}: its description names {sorted(values)}, but {sorted(known)} is needed")
    sizes = {name: value for name, value in values.items() if isinstance(value, int)}
    if len(sizes) != len(known):
        raise InputError(f"{path}: its description holds {dict(values)}, but whole numbers are needed")
    return CompactConfig(**sizes)
