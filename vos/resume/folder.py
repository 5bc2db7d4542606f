"""The folder of a run that is not done, and who may write into it."""

import shutil
from pathlib import Path

from filelock import FileLock, Timeout

from vos.errors import InputError, WorkError, cannot_write
from vos.resume.stored_pass import StoredPass

FOLDER = ".vos-resume"
"""In a run's folder, until the run is done."""
_LOCK = "lock"
_PASSES = ("forward", "backward")


class Unfinished:
    """What lies beside the masks of a run that is not done. One process at a time may have it."""

    def __init__(self, out: Path) -> None:
        """Take it, and make it where it is not there.

        out: the run's folder. Raises InputError if another process has it, or if it cannot be made.
        """
        self._path = out / FOLDER
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self._path / _LOCK)
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise InputError(f"{out}: another process is writing this run; wait until it ends") from error
        except OSError as error:
            raise InputError(str(cannot_write(self._path, error))) from error

    def stored_pass(self, name: str, *, everything: bool) -> StoredPass:
        """The pass `forward` or `backward`, see `StoredPass`."""
        return StoredPass(self._path / name, everything=everything)

    def clear(self) -> None:
        """Delete what an earlier run left. Raises WorkError if it may not."""
        try:
            for name in _PASSES:
                if (self._path / name).exists():
                    shutil.rmtree(self._path / name)
        except OSError as error:
            raise WorkError(f"cannot delete {error.filename}: {error.strerror}") from error

    def remove(self) -> None:
        """Delete all of it: the run is done, or never began."""
        self.clear()
        self.release()
        (self._path / _LOCK).unlink(missing_ok=True)
        if not any(self._path.iterdir()):
            self._path.rmdir()

    def release(self) -> None:
        """Let another process have it."""
        self._lock.release()
