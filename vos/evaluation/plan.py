"""Data sets by name: which reader and which layout each takes."""

from collections.abc import Sequence
from pathlib import Path

from vos.datasets import Dataset, DavisLayout, LabelRule, open_davis
from vos.errors import InputError
from vos.settings import preset_path, read_yaml

_FIELDS = ("reader", "lists", "images", "annotations", "labels")


def open_dataset(name: str, root: Path, wanted: Sequence[str] | None = None) -> Dataset:
    """The data set that `configs/datasets/<name>.yaml` describes, below `root`.

    wanted: names of the sequences to keep; None keeps all. InputError for an unknown name, a preset that
    does not fit, and whatever is missing below `root`.
    """
    path = preset_path("datasets", name)
    preset = read_yaml(path)
    if preset.get("reader") != "davis" or sorted(preset) != sorted(_FIELDS):
        raise InputError(f"{path}: must hold the fields {', '.join(_FIELDS)}, with the reader davis")
    return open_davis(path.stem, root, _davis_layout(preset, path), wanted)


def _davis_layout(preset: dict[str, object], path: Path) -> DavisLayout:
    labels = str(preset["labels"])
    if labels not in list(LabelRule):
        raise InputError(f"{path}: labels is {labels!r}; it must be one of {', '.join(LabelRule)}")
    lists = preset["lists"]
    if not isinstance(lists, list) or not lists:
        raise InputError(f"{path}: lists is {lists!r}; it must be a list of files below the data set's root")
    return DavisLayout(
        lists=tuple(str(one) for one in lists),
        images=str(preset["images"]),
        annotations=str(preset["annotations"]),
        labels=LabelRule(labels),
    )
