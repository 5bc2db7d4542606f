"""Files appear whole or not at all: written under a temporary name beside the target, then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vos.errors import WorkError


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
        raise WorkError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary.is_file():  # only where it was not renamed
            temporary.unlink()
