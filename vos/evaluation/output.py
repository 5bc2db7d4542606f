"""The output folder of an evaluation, and its run.json: which files are the evaluation's own."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vos.datasets import Dataset
from vos.io import mask_name
from vos.io.atomic import replacing
from vos.run_record import FILE_NAME, delete_files, stale_files

REPORT = "report.json"
PER_OBJECT = "per_object.csv"
MASKS = "masks"
"""Folder of the predicted masks, one folder a sequence."""
READOUT_MASKS = "baselines/untrained_readout"
"""Folder of the untrained readout's masks, likewise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputFolder:
    """An output folder that was found fit; nothing is written or deleted yet."""

    path: Path
    outputs: Sequence[str]
    """Every file that may be written, relative."""
    stale: Sequence[Path]
    """Files of an earlier run, deleted when this one begins."""


def open_output(
    out: Path, dataset: Dataset, mask_folders: Iterable[str], *, overwrite: bool, inputs: Iterable[Path]
) -> OutputFolder:
    """Check `out` for reports and one mask for every frame in each of `mask_folders`.

    InputError if it holds a run and not `overwrite`, or anything that would be lost; see `stale_files`.
    """
    masks = [
        f"{folder}/{sequence.name}/{mask_name(stem)}"
        for folder in mask_folders
        for sequence in dataset.sequences
        for stem in sequence.stems
    ]
    outputs = [FILE_NAME, REPORT, PER_OBJECT, *masks]
    stale = stale_files(out, outputs, overwrite=overwrite, inputs=inputs)
    return OutputFolder(path=out, outputs=outputs, stale=stale)


@contextmanager
def recording(folder: OutputFolder, facts: Mapping[str, Any]) -> Iterator[None]:
    """Delete what is stale, and keep run.json true: running, then done, failed or interrupted.

    facts: what else run.json says, as JSON values. A file that the run wrote is always listed there.
    """
    delete_files(folder.path, folder.stale)
    _write(folder, facts, "running", folder.outputs)
    try:
        yield
    except BaseException as error:
        status = "failed" if isinstance(error, Exception) else "interrupted"
        _write(folder, {**facts, "error": str(error)}, status, _present(folder))
        raise
    _write(folder, facts, "done", _present(folder))


def _present(folder: OutputFolder) -> list[str]:
    return [name for name in folder.outputs if name == FILE_NAME or (folder.path / name).is_file()]


def _write(folder: OutputFolder, facts: Mapping[str, Any], status: str, outputs: Sequence[str]) -> None:
    text = json.dumps({"status": status, **facts, "outputs": list(outputs)}, indent=1, ensure_ascii=False)
    with replacing(folder.path / FILE_NAME) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
