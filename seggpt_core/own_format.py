"""Our own weights format: safetensors with a description in its metadata, loaded strictly.

Every tensor is float16 or float32; one metadata entry, `seggpt-core`, whose JSON gives `format` (1), `model`
(its name) and `config` (its hyper-parameters). One entry, because safetensors writes several in no fixed order
and equal weights must give equal files: a file's identity is the SHA-256 of its bytes.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from seggpt_core.errors import InputError, WorkError
from seggpt_core.files import replacing, sha256

FORMAT = 1
METADATA_KEY = "seggpt-core"
_EXACT_IN_FLOAT32 = (torch.float32, torch.float16, torch.bfloat16)


@dataclass(frozen=True)
class Description:
    """What a weights file says of itself."""

    model: str
    config: Mapping[str, object]


def read_weights(path: Path) -> tuple[Description, dict[str, Tensor]]:
    """Description and float32 tensors of a file in our own format. Raises InputError if it is not one."""
    metadata, tensors = read_safetensors(path)
    return described(metadata, path), tensors


def described(metadata: Mapping[str, str], path: Path) -> Description:
    """What a safetensors file's metadata says of it. Raises InputError if it is not in our own format."""
    if METADATA_KEY not in metadata:
        raise InputError(f"{path}: not weights of this project: its metadata has no {METADATA_KEY!r}")
    try:
        values = json.loads(metadata[METADATA_KEY])
        if values["format"] != FORMAT:
            raise InputError(f"{path}: format {values['format']!r}, but {FORMAT!r} is needed")
        return Description(str(values["model"]), dict(values["config"]))
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: its description is damaged ({error})") from error


def write_weights(
    path: Path,
    model: str,
    config: Mapping[str, object],
    tensors: Mapping[str, Tensor],
    dtype: torch.dtype = torch.float16,
) -> str:
    """Write our own format, whole or not at all; returns the file's SHA-256."""
    description = json.dumps({"format": FORMAT, "model": model, "config": dict(config)}, sort_keys=True)
    converted = {name: tensor.detach().to("cpu", dtype) for name, tensor in tensors.items()}
    write_safetensors(path, converted, {METADATA_KEY: description})
    return sha256(path)


def read_safetensors(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and float32 tensors of any safetensors file. Raises InputError if it is damaged or not one."""
    with _opened(path) as file:
        metadata = dict(file.metadata() or {})
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return metadata, {name: exact_float32(name, tensor, path) for name, tensor in tensors.items()}


def read_metadata(path: Path) -> dict[str, str]:
    """Metadata of any safetensors file. Raises InputError if it is damaged or not one."""
    with _opened(path) as file:
        return dict(file.metadata() or {})


@contextmanager
def _opened(path: Path) -> Iterator[safe_open]:
    if not path.is_file():
        raise InputError(f"{path}: no such weights file")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: damaged, or not a safetensors file ({error})") from error


def write_safetensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors as they are, whole or not at all. Raises WorkError where the disk refuses."""
    with replacing(path) as temporary:
        try:
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary, dict(metadata))
        except SafetensorError as error:
            raise WorkError(f"cannot write {path}: {error}") from error
        temporary.chmod(0o644)  # safetensors writes for the owner alone; installed weights are everybody's


def exact_float32(name: str, tensor: Tensor, path: Path) -> Tensor:
    """The tensor in float32. Raises InputError for a dtype whose values float32 would change."""
    if tensor.dtype not in _EXACT_IN_FLOAT32:
        raise InputError(f"{path}: tensor {name!r} is {tensor.dtype}: float32, float16 or bfloat16 is needed")
    return tensor.float()


def load_strictly(module: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Load every tensor, or raise InputError naming the first that is missing, extra or misshapen."""
    require_tensors(module.state_dict(), tensors, path)
    module.load_state_dict(dict(tensors))


def require_tensors(needed: Mapping[str, Tensor], found: Mapping[str, Tensor], path: Path) -> None:
    """Raise InputError naming the first tensor of `found` that is missing, extra or not shaped as in `needed`."""
    for name in needed:
        if name not in found:
            raise InputError(f"{path}: tensor {name!r} is missing")
    for name, tensor in found.items():
        if name not in needed:
            raise InputError(f"{path}: tensor {name!r} is not part of this model")
        if needed[name].shape != tensor.shape:
            raise InputError(
                f"{path}: tensor {name!r} has shape {tuple(tensor.shape)}, but {tuple(needed[name].shape)} is needed"
            )
