"""Files that appear whole or not at all, and what identifies a file."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seggpt_core.errors import InputError, cannot_write


def temporary_name(path: Path) -> Path:
    """Hidden name in the same folder, so that the rename stays inside one file system."""
    return path.with_name(f".{path.name}.part")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path; on success it becomes `path`, on any error it is removed.

    Creates missing folders. An OSError (disk full, no permission) becomes a WorkError naming `path`.
    """
    temporary = temporary_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        if temporary.is_file():  # only where it was not renamed
            temporary.unlink()


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises InputError for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def require_sha256(path: Path, expected: str) -> None:
    """Raise InputError naming both hashes unless the file has the expected one, in lower-case hexadecimal."""
    found = sha256(path)
    if found != expected:
        raise InputError(f"{path}: SHA-256 is {found}, but must be {expected}")
