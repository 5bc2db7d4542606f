"""The state a run resumes from: files of bounded size, replaced as a whole.

A state folder holds `state.json` (step, the config, the parts' SHA-256) and `part-NN.safetensors`: float32
tensors `weight/…`, `average/…`, `moment1/…`, `moment2/…` of every trained parameter. Frozen weights are
not in it; they come from the files the run starts from.
"""

import dataclasses
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from seggpt_core.checkpoint import sha256
from seggpt_core.errors import InputError
from seggpt_core.training.config import TrainingConfig

STATE_MB = 14
"""Largest file by default, in millions of bytes."""
_FILE_BYTES = 32
"""Of a safetensors file beside its tensors and what it says of each."""


@dataclass(frozen=True)
class State:
    """Where a run stands: steps done and tensors by name."""

    step: int
    tensors: Mapping[str, Tensor]


def save_state(folder: Path, state: State, config: TrainingConfig, state_mb: float = STATE_MB) -> None:
    """Write `folder`, replacing an older state only once the new one is whole.

    state_mb: largest file, in millions of bytes. Raises InputError if a tensor alone is larger.
    """
    check_sizes(state.tensors, state_mb)
    fresh = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    parts = {}
    for number, tensors in enumerate(_parts(state.tensors, round(state_mb * 1e6))):
        path = fresh / f"part-{number:02d}.safetensors"
        save_file(tensors, path)
        parts[path.name] = sha256(path)
    description = {"step": state.step, "config": dataclasses.asdict(config), "parts": parts}
    (fresh / "state.json").write_text(json.dumps(description, indent=1, sort_keys=True) + "\n")
    old = _older(folder)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.replace(folder, old)
    os.replace(fresh, folder)
    shutil.rmtree(old, ignore_errors=True)


def check_sizes(tensors: Mapping[str, Tensor], state_mb: float) -> None:
    """Raises InputError if a tensor alone is larger than a file of the state may be, in millions of bytes."""
    for name, tensor in tensors.items():
        needed = (_FILE_BYTES + _bytes_with_entry(name, tensor)) / 1e6
        if needed > state_mb:
            raise InputError(f"the state's files hold {state_mb:g} MB, but {name} needs {needed:.2f} MB")


def find_state(folder: Path) -> Path | None:
    """Where the newest whole state lies: in `folder`, or beside it after a kill between two renamings; or None."""
    return next((path for path in (folder, _older(folder)) if path.exists()), None)


def load_state(folder: Path) -> State:
    """Read and check a state. Raises InputError naming a part that is missing or damaged."""
    try:
        description = json.loads((folder / "state.json").read_text())
        step, parts = int(description["step"]), dict(description["parts"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder}: not a training state ({error})") from error
    tensors: dict[str, Tensor] = {}
    for name, digest in sorted(parts.items()):
        path = folder / name
        if not path.is_file() or sha256(path) != digest:
            raise InputError(f"{path}: missing or damaged; its SHA-256 should be {digest}")
        try:
            tensors |= load_file(path)
        except SafetensorError as error:
            raise InputError(f"{path}: damaged ({error})") from error
    return State(step, tensors)


def changed_settings(folder: Path, config: TrainingConfig) -> tuple[str, ...]:
    """Names, as `engine.frames`, of the settings that are others than those that the state in `folder` was saved with.

    Settings that were unknown then were what they are by default.
    """
    default = TrainingConfig(data=config.data, learning_rate=config.learning_rate)
    before = _settings(default) | _flat(json.loads((folder / "state.json").read_text()).get("config", {}))
    return tuple(name for name, value in _settings(config).items() if before[name] != value)


def _settings(config: TrainingConfig) -> dict[str, object]:
    """By their names, with values as JSON gives them back."""
    return _flat(json.loads(json.dumps(dataclasses.asdict(config))))


def _flat(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat


def _parts(tensors: Mapping[str, Tensor], most: int) -> Iterator[dict[str, Tensor]]:
    part: dict[str, Tensor] = {}
    size = _FILE_BYTES
    for name, tensor in sorted(tensors.items()):
        needed = _bytes_with_entry(name, tensor)
        if part and size + needed > most:
            yield part
            part, size = {}, _FILE_BYTES
        part[name] = tensor.detach().cpu().contiguous()
        size += needed
    yield part


def _bytes_with_entry(name: str, tensor: Tensor) -> int:
    """Of a tensor in a safetensors file, with its JSON entry in the header; its two offsets have ten digits at most."""
    entry = {name: {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [9_999_999_999, 9_999_999_999]}}
    return tensor.nbytes + len(json.dumps(entry, ensure_ascii=False).encode())


def _older(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")
