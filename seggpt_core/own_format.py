"""Our own weights format: safetensors with a description in its metadata, loaded strictly.

Every tensor is float16 or float32; one metadata entry, `seggpt-core`, whose JSON gives `format` (1), `model`
(its name), `config` (its hyper-parameters) and `content_sha256`, a hash of all the rest. Files written before there
was such a hash have none, and are read unchecked. One entry, because safetensors writes several in no fixed order
and equal weights must give equal files: a file's identity is the SHA-256 of its bytes.
"""

import hashlib
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
    content_sha256: str | None
    """What `content_sha256` gives; None in files that do not say it."""


def read_weights(path: Path) -> tuple[Description, dict[str, Tensor]]:
    """Description and float32 tensors of a file in our own format. Raises InputError if it is damaged or not one."""
    description, tensors = read_safetensors(path)
    if description is None:
        raise InputError(f"{path}: not weights of this project: its metadata has no {METADATA_KEY!r}")
    return description, tensors


def write_weights(
    path: Path,
    model: str,
    config: Mapping[str, object],
    tensors: Mapping[str, Tensor],
    dtype: torch.dtype = torch.float16,
) -> str:
    """Write our own format, whole or not at all; returns the file's SHA-256."""
    converted = {name: tensor.detach().to("cpu", dtype) for name, tensor in tensors.items()}
    values = {"format": FORMAT, "model": model, "config": dict(config)}
    values["content_sha256"] = content_sha256(model, config, converted)
    write_safetensors(path, converted, {METADATA_KEY: json.dumps(values, sort_keys=True)})
    return sha256(path)


def content_sha256(model: str, config: Mapping[str, object], tensors: Mapping[str, Tensor]) -> str:
    """SHA-256, in hexadecimal, of all that a file says.

    Of its model and config, and of each tensor, in order of their names, the name, dtype, shape and bytes.
    """
    digest = hashlib.sha256(json.dumps([model, dict(config)], sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def read_safetensors(path: Path) -> tuple[Description | None, dict[str, Tensor]]:
    """Float32 tensors of any safetensors file, and its description if it is in our own format.

    Raises InputError if it is damaged or not one.
    """
    with _opened(path) as file:
        description = _described(file.metadata(), path)
        stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if description is not None:
        _require_content(description, stored, path)
    return description, {name: exact_float32(name, tensor, path) for name, tensor in stored.items()}


def read_description(path: Path) -> Description | None:
    """What any safetensors file says of itself; None if it is not in our own format. No tensor is read.

    Raises InputError if it is damaged or not one.
    """
    with _opened(path) as file:
        return _described(file.metadata(), path)


def _described(metadata: Mapping[str, str] | None, path: Path) -> Description | None:
    if not metadata or METADATA_KEY not in metadata:
        return None
    try:
        values = {**json.loads(metadata[METADATA_KEY])}
        if (format := values.pop("format")) != FORMAT:
            raise InputError(f"{path}: format {format!r}, but {FORMAT!r} is needed")
        content = values.pop("content_sha256", None)
        model, config = str(values.pop("model")), dict(values.pop("config"))
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: its description is damaged ({error})") from error
    if values:
        raise InputError(f"{path}: its description is damaged (it has the unknown {', '.join(values)})")
    return Description(model, config, content)


def _require_content(description: Description, stored: Mapping[str, Tensor], path: Path) -> None:
    said = description.content_sha256
    if said is None:
        return
    found = content_sha256(description.model, description.config, stored)
    if found != said:
        raise InputError(f"{path}: damaged: the SHA-256 of its contents is {found}, but was {said} when it was written")


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
    """Raise InputError unless `found` has the names and shapes of `needed`.

    It names the first tensor that is missing, extra or misshapen, and says how many more are.
    """
    missing = [f"{name!r} is missing: shape {_shape(needed[name])} is needed" for name in needed if name not in found]
    extra = [f"{name!r} is not part of this model" for name in found if name not in needed]
    misshapen = [
        f"{name!r} has shape {_shape(found[name])}, but {_shape(tensor)} is needed"
        for name, tensor in needed.items()
        if name in found and found[name].shape != tensor.shape
    ]
    faults = missing + extra + misshapen
    if faults:
        more = f"; {len(faults) - 1} more are missing, extra or misshapen" if len(faults) > 1 else ""
        raise InputError(f"{path}: tensor {faults[0]}{more}")


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape)
