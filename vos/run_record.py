"""run.json: what a run was made of, how it went, and which files are its own."""

import dataclasses
import json
import platform
import re
import resource
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from vos.errors import InputError, WorkError, cannot_write
from vos.io.atomic import replacing
from vos.io.clip import Clip

if TYPE_CHECKING:
    from vos.pipeline import RunStats

FILE_NAME = "run.json"
_PACKAGES = {
    "vos": "vos-in-context",
    "torch": "torch",
    "numpy": "numpy",
    "av": "av",
    "opencv": "opencv-python-headless",
}


@dataclass(frozen=True, kw_only=True)
class Record:
    """What run.json says of every run. Paths of inputs are as given; outputs are relative to its folder."""

    status: Literal["running", "done", "failed", "interrupted"]
    settings: Mapping[str, Any]
    """Every setting, as resolved."""
    model: Mapping[str, str]
    """Name, SHA-256 of the weights, and device."""
    versions: Mapping[str, str]
    outputs: Sequence[str]
    """While it runs: every file that it may write; afterwards: those that are there."""
    timing: Mapping[str, float] | None = None
    peak_memory_mib: float | None = None
    """Highest resident memory of the process."""
    peak_gpu_memory_mib: float | None = None
    error: str | None = None
    truncated_at: int | None = None
    """Number of the first frame that could not be read, where the clip breaks off; those before it are done."""

    def ended(
        self,
        out: Path,
        status: Literal["done", "failed", "interrupted"],
        *,
        timing: Mapping[str, float] | None = None,
        gpu_memory_mib: float | None = None,
        error: str | None = None,
        truncated_at: int | None = None,
    ) -> Self:
        """The record of the same run after its end: only the outputs that lie in `out` remain."""
        return dataclasses.replace(
            self,
            status=status,
            outputs=[name for name in self.outputs if name == FILE_NAME or (out / name).is_file()],
            timing=timing,
            peak_memory_mib=peak_memory_mib(),
            peak_gpu_memory_mib=gpu_memory_mib,
            error=error,
            truncated_at=truncated_at,
        )


@dataclass(frozen=True, kw_only=True)
class RunRecord(Record):
    """A clip propagated."""

    clip: Mapping[str, Any]
    """Path and facts of the clip, see `describe_clip`."""
    frames: tuple[int, int]
    """Half-open range of frame numbers."""
    masks: Sequence[Mapping[str, Any]]
    """Frame, path and SHA-256 of each mask that was given."""
    objects: Mapping[str, str]
    """Object id → name."""
    direction: str
    """forward, backward or both."""
    exports: Mapping[str, Any]
    """What was written besides masks, and how."""
    doubts: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    """Object's name → ranges of frames, both ends included, in which it is unsure or lost."""
    damaged_frames: Sequence[int] = ()
    """Numbers of frames of which the decoder had to make up some; those predicted from them are not among them."""
    resumed_at: Sequence[int] = ()
    """How many frames were done whenever the run was gone on with, after it had been broken off."""


@dataclass(frozen=True, kw_only=True)
class ImagesRecord(Record):
    """Images segmented in context."""

    queries: Sequence[str]
    prompts: Sequence[Mapping[str, str]]
    """Path and SHA-256 of each prompt's image and mask."""
    classes: Sequence[int]
    colours: Mapping[str, int]
    """`#rrggbb` of the prompts' masks → class id; empty where the masks hold ids."""


def write_record(out: Path, record: Record) -> None:
    """Write `out`/run.json, whole or not at all. Raises WorkError when it cannot be written."""
    content = dataclasses.asdict(record)
    content["outputs"] = content.pop("outputs")  # last: it is the longest
    text = json.dumps(content, indent=2, default=str)
    with replacing(out / FILE_NAME) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def holds_run(out: Path) -> bool:
    """Whether there is a run.json in a folder. Raises InputError for a path that the system refuses to look at."""
    try:
        return (out / FILE_NAME).exists()
    except OSError as error:
        raise InputError(str(cannot_write(out, error))) from error


def stale_files(out: Path, outputs: Iterable[str], *, overwrite: bool, inputs: Iterable[Path]) -> list[Path]:
    """Files that a new run may and must delete from `out` before it writes `outputs` (relative paths).

    Deletes nothing itself. Without a run in `out` there are none; with one they are the files that its
    run.json lists, and only `overwrite` allows it. Raises InputError if `out` is a file or holds a run,
    masks or files that this run did not write and would replace, if run.json names a file outside `out`,
    or if one of `inputs` would be deleted.
    """
    begun = holds_run(out)
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; --out must be a folder")
    if not begun:
        if (out / "masks").exists():
            raise InputError(f"{out}: holds masks of unknown origin (masks/ without {FILE_NAME}); give another --out")
        stale = []
    elif not overwrite:
        raise InputError(
            f"{out}: holds another run; give another --out, or --overwrite to delete the files its {FILE_NAME} lists"
        )
    else:
        stale = _listed_files(out)
    _require_free(out, outputs, stale)
    _require_kept(out, stale, inputs)
    return stale


def delete_files(out: Path, files: Iterable[Path]) -> None:
    """Delete these files of `out`, and folders below it that are empty then. Raises WorkError if it may not."""
    folders: set[Path] = set()
    try:
        for file in files:
            file.unlink(missing_ok=True)
            folders.update(parent for parent in file.parents if out in parent.parents)
        for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    except OSError as error:
        raise WorkError(f"cannot delete {error.filename}: {error.strerror}") from error


def describe_clip(clip: Clip) -> dict[str, Any]:
    """The facts of `clip.info` in plain JSON values; rates and aspects as fractions."""
    facts = dataclasses.asdict(clip.info)
    facts["gaps"], facts["missing"] = list(clip.info.gaps), list(clip.info.missing)
    facts["bytes"] = _bytes(clip.info.path)
    return {name: str(value) if isinstance(value, (Path, Fraction)) else value for name, value in facts.items()}


def _bytes(path: Path) -> int:
    """Of a file, or of the files that lie in a folder; 0 for what is neither, such as a pipe."""
    files = path.iterdir() if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def describe_timing(stats: "RunStats", before: "RunStats | None" = None) -> dict[str, float]:
    """Frames, seconds, and frames per second of the whole run and of tracking alone, without frames done earlier.

    before: of the backward pass over the same clip, if there was one; its seconds are added.
    """
    total = stats.seconds_total + (before.seconds_total if before else 0)
    tracking = stats.seconds_tracking + (before.seconds_tracking if before else 0)
    return {
        "frames": stats.frames,
        "seconds_total": round(total, 3),
        "seconds_tracking": round(tracking, 3),
        "frames_per_second": round(stats.segmented / total, 3),
        "tracking_frames_per_second": round(stats.segmented / max(tracking, 1e-9), 3),
    }


def versions() -> dict[str, str]:
    """Versions of Python, this package, and the libraries that decide what a run gives."""
    return {"python": platform.python_version(), **{name: _version(package) for name, package in _PACKAGES.items()}}


def peak_memory_mib() -> float:
    """Highest resident memory of this process so far, in MiB."""
    status = Path("/proc/self/status")
    # Linux passes the parent's peak on in `ru_maxrss`; VmHWM is this process's own.
    if status.exists() and (peak := re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="utf-8"))):
        return round(int(peak[1]) / 1024, 1)
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


def read_record(out: Path) -> dict[str, Any]:
    """What `out`/run.json says, with a status and a list of outputs. InputError for what is no record of a run."""
    path = out / FILE_NAME
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        names = content["outputs"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise TypeError("`outputs` is no list of file names")
        if not isinstance(content["status"], str):
            raise TypeError("`status` is no word")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: is no record of a run ({error}); nothing was deleted, give another --out") from error
    return content


def _listed_files(out: Path) -> list[Path]:
    path, names = out / FILE_NAME, read_record(out)["outputs"]
    for name in names:
        # The folder is resolved, the file is not: a link is deleted, never what it leads to.
        folder = (out / name).parent.resolve()
        if not folder.is_relative_to(out.resolve()) or Path(name).name in ("", "..") or (out / name).is_dir():
            raise InputError(f"{path}: lists {name!r}, which is no file inside {out}; nothing was deleted")
    return [out / name for name in names]


def _require_free(out: Path, outputs: Iterable[str], stale: Sequence[Path]) -> None:
    own = set(stale)
    folders = {parent for name in outputs for parent in Path(name).parents}
    for folder in sorted(out / folder for folder in folders):
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder}: is a file, where files of the run must go; move it away")
    for name in outputs:
        if (out / name).exists() and (out / name) not in own:
            raise InputError(f"{out / name}: is in the way, and no run recorded in {out} wrote it; move it away")


def _require_kept(out: Path, stale: Sequence[Path], inputs: Iterable[Path]) -> None:
    doomed = {file.resolve() for file in stale}
    for path in inputs:
        resolved = path.resolve()
        if resolved in doomed or any(resolved in file.parents for file in doomed):
            raise InputError(f"{path}: is part of the run in {out} that --overwrite would delete; give another --out")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed as a package"
