"""Whether what an earlier run wrote is still there: going on would leave gaps, and call the run done."""

from collections.abc import Iterable
from pathlib import Path

from vos.errors import InputError
from vos.resume.folder import FOLDER
from vos.run_record import holds_run, read_record


def require_present(out: Path, files: Iterable[str]) -> None:
    """Raises InputError, which names the first file that is not in `out`, unless all are.

    files: of frames that are done, relative to `out`.
    """
    missing = [name for name in files if not (out / name).is_file()]
    if missing:
        others = f" and {len(missing) - 1} more files are" if len(missing) > 1 else " is"
        raise InputError(
            f"{out}: {missing[0]}{others} missing, of frames that are done; --resume does not make them again: put "
            "them back, or --overwrite starts again"
        )


def refuse_unfinished(out: Path) -> None:
    """Raises InputError, which says how to go on, if `out` holds a run that can be gone on with."""
    if holds_run(out) and (out / FOLDER).is_dir() and read_record(out)["status"] != "done":
        raise InputError(
            f"{out}: holds a run that is not done; --resume goes on with it if this is the same run; or give another "
            "--out, or --overwrite to start again"
        )
