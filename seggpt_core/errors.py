"""The one family of errors a user meets."""

import errno
from pathlib import Path


class SegGPTError(Exception):
    """Anything that a user can be told in one line. `vos` exports it as `VosError`."""


class InputError(SegGPTError):
    """Something the user can mend: the message names the value received and what would be right."""


class WorkError(SegGPTError):
    """Work that failed after it was accepted: the message names what failed and where."""


_WAYS_OUT = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room there"),
    errno.EFBIG: "choose a disk that takes larger files",
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENAMETOOLONG), "choose another place"
    ),
}


def cannot_write(path: Path, error: Exception) -> WorkError:
    """What to raise from an OSError, or from a library's error that has its `errno` and `strerror`."""
    what = getattr(error, "strerror", None) or error
    way_out = _WAYS_OUT.get(getattr(error, "errno", None) or 0)
    return WorkError(f"cannot write {path}: {what}" + (f" ({way_out})" if way_out else ""))
