"""Data sets by name."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from vos.datasets import Dataset, DatasetPreset, Problems, read_dataset, read_what_opens
from vos.errors import InputError
from vos.metrics import Protocol
from vos.settings import preset_path, read_yaml


def open_dataset(name: str, root: Path, wanted: Sequence[str] | None = None, split: str = "val") -> Dataset:
    """The split of the data set that `configs/datasets/<name>.yaml` describes, below `root`.

    wanted: names of the sequences to keep; None keeps all. InputError for an unknown name or split, a preset that
    does not fit, and whatever is missing below `root`.
    """
    path = preset_path("datasets", name)
    return read_dataset(path.stem, root, read_preset(path), split, wanted)


def open_what_can_be(
    name: str, root: Path, wanted: Sequence[str] | None = None, split: str = "val"
) -> tuple[Dataset, Problems]:
    """As `open_dataset`, but without the sequences that cannot be opened, and what is wrong with these."""
    path = preset_path("datasets", name)
    return read_what_opens(path.stem, root, read_preset(path), split, wanted)


def read_preset(path: Path) -> DatasetPreset:
    """The preset in a YAML file. InputError naming the field that does not fit."""
    try:
        preset = DatasetPreset.model_validate(read_yaml(path))
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(map(str, problem["loc"]))
        raise InputError(f"{path}: {field} is {problem['input']!r}: {problem['msg']}") from error
    if preset.protocol not in list(Protocol):
        raise InputError(f"{path}: protocol is {preset.protocol!r}; it must be one of {', '.join(Protocol)}")
    return preset
