"""The output folder of an evaluation: which files are its own, and whether an earlier run there may be gone on with."""

import fcntl
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vos.datasets import Dataset, mask_files
from vos.errors import InputError
from vos.evaluation.journal import JOURNAL
from vos.io.atomic import replacing
from vos.run_record import FILE_NAME, delete_files, stale_files

REPORT = "report.json"
PER_OBJECT = "per_object.csv"
MARKDOWN = "report.md"
PAGE = "report.html"
MASKS = "masks"
"""Folder of the predicted masks, one folder a sequence."""
READOUT_MASKS = "baselines/untrained_readout"
"""Folder of the untrained readout's masks, likewise."""
KIND = "evaluation"
_IDENTITY = (
    "kind",
    "dataset",
    "split",
    "sequences",
    "baselines",
    "models",
    "settings",
    "threads",
    "results_sha256",
    "truth_sha256",
    "versions",
    "source_sha256",
)
"""Facts of run.json that must be equal for a run to be gone on with. A sequence's data is compared on its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputFolder:
    """An output folder that was found fit; nothing is written or deleted yet."""

    path: Path
    outputs: Sequence[str]
    """Every file that may be written, relative."""
    stale: Sequence[Path]
    """Files of an earlier run, deleted when this one begins unless it goes on with them."""
    earlier: Mapping[str, Any] | None
    """The earlier run's run.json, if this one may go on with it; None for a new start."""


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Keep `out` to this process; made if missing, and gone again if nothing was written into it.

    InputError if `out` is no folder, or another evaluation works in it. A killed process holds no claim.
    """
    made = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        handle = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise InputError(f"{out}: --out must be a folder ({error.strerror})") from error
    try:
        _lock(handle, out)
        yield
    finally:
        os.close(handle)
        if made and not any(out.iterdir()):
            out.rmdir()


def _lock(handle: int, out: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(f"{out}: another `vos evaluate` works in it; wait for it, or give another --out") from error


def open_output(
    out: Path, dataset: Dataset, mask_folders: Iterable[str], *, overwrite: bool, inputs: Iterable[Path]
) -> OutputFolder:
    """Check `out` for reports and one mask for every frame in each of `mask_folders`.

    InputError if it holds a run of another kind and not `overwrite`, or anything that would be lost; see
    `stale_files`.
    """
    masks = [
        f"{folder}/{sequence.name}/{mask}"
        for folder in mask_folders
        for sequence in dataset.sequences
        for mask in mask_files(sequence)
    ]
    outputs = [FILE_NAME, JOURNAL, REPORT, PER_OBJECT, MARKDOWN, PAGE, *masks]
    earlier = None if overwrite else _earlier_evaluation(out)
    stale = stale_files(out, outputs, overwrite=overwrite or earlier is not None, inputs=inputs)
    return OutputFolder(path=out, outputs=outputs, stale=stale, earlier=earlier)


def goes_on(folder: OutputFolder, facts: Mapping[str, Any]) -> bool:
    """Whether a run with these facts goes on with the one in the folder; False where there is none.

    InputError naming what differs if the folder holds another evaluation: nothing of it is reused.
    """
    if folder.earlier is None:
        return False
    asked = json.loads(json.dumps({"kind": KIND, **facts}))
    different = [name for name in _IDENTITY if asked.get(name) != folder.earlier.get(name)]
    if different:
        raise InputError(
            f"{folder.path}: holds another run (not the same: {', '.join(different)}); give another --out, or "
            f"--overwrite to delete the files its {FILE_NAME} lists"
        )
    return True


class Recording:
    """Keeps run.json true: running, then done, failed or interrupted."""

    def __init__(self, folder: OutputFolder) -> None:
        self._folder = folder
        self._facts: dict[str, Any] | None = None

    def begin(self, facts: Mapping[str, Any], kept: Collection[Path] = ()) -> None:
        """Delete what is stale but not `kept`, and write run.json. facts: what else it says, as JSON values."""
        self._facts = {"kind": KIND, **facts}
        record, keep = self._folder.path / FILE_NAME, set(kept)
        # The old record stays until the new one takes its place: a kill in between must not orphan the files it lists.
        delete_files(self._folder.path, [file for file in self._folder.stale if file != record and file not in keep])
        self._write("running", self._folder.outputs)

    def note(self, **facts: Any) -> None:
        """More to be said when the run ends."""
        if self._facts is not None:
            self._facts |= facts

    def end(self, status: str, **facts: Any) -> None:
        """Only files that are there remain listed. Nothing, if the run has not begun."""
        self.note(**facts)
        if self._facts is not None:
            self._write(status, [name for name in self._folder.outputs if self._is_there(name)])

    def _is_there(self, name: str) -> bool:
        return name == FILE_NAME or (self._folder.path / name).is_file()

    def _write(self, status: str, outputs: Sequence[str]) -> None:
        content = {"status": status, **(self._facts or {}), "outputs": outputs}
        with replacing(self._folder.path / FILE_NAME) as temporary:
            temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def recording(folder: OutputFolder) -> Iterator[Recording]:
    """A record that ends with the context: done, or why not. A file that the run wrote is always listed there."""
    record = Recording(folder)
    try:
        yield record
    except BaseException as error:
        status = "failed" if isinstance(error, Exception) else "interrupted"
        record.end(status, error=str(error) or type(error).__name__)
        raise
    record.end("done")


def _earlier_evaluation(out: Path) -> dict[str, Any] | None:
    """The run.json of an evaluation in `out`; None if there is none."""
    try:
        content = json.loads((out / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("kind") == KIND else None
