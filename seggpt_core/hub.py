"""Files of the Hugging Face hub: the one place that imports `huggingface_hub`, and only when it is needed."""

import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol

from seggpt_core.errors import InputError, WorkError


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A file that lies in the cache."""

    path: Path
    revision: str
    """The repository's commit it belongs to."""
    announced_sha256: str | None
    """What the hub says its SHA-256 is, where it does."""


class Hub(Protocol):
    """Where published weights come from. Each call raises InputError where the library for it is missing."""

    def cache(self) -> Path:
        """The folder that downloads are kept in."""
        ...

    def cached(self, repo: str, file: str, revision: str) -> Path | None:
        """The file's path if it was downloaded. Asks nobody."""
        ...

    def fetch(self, repo: str, file: str, revision: str | None) -> Fetched:
        """Download into the cache what is not in it, going on where an earlier try stopped.

        revision: a commit; None takes the newest. Raises WorkError where the download fails.
        """
        ...


class HuggingFaceHub:
    """The real one."""

    def cache(self) -> Path:
        """See `Hub.cache`; the library's own environment variables move it."""
        return Path(_library().constants.HF_HUB_CACHE)

    def cached(self, repo: str, file: str, revision: str) -> Path | None:
        """See `Hub.cached`."""
        found = _library().try_to_load_from_cache(repo, file, revision=revision)
        return Path(found) if isinstance(found, str) else None

    def fetch(self, repo: str, file: str, revision: str | None) -> Fetched:
        """See `Hub.fetch`."""
        library = _library()
        from httpx2 import HTTPError  # a connection that breaks midway; the library passes it on as it is

        try:
            path = Path(library.hf_hub_download(repo, file, revision=revision))
        except (OSError, RuntimeError, HTTPError) as error:
            reason = str(error.__cause__ or error).strip().rstrip(".")
            raise WorkError(
                f"cannot download {file} of {repo}: {reason}; try again where there is a network, "
                "or give a file with --weights PATH"
            ) from error
        return fetched(path)


def fetched(path: Path) -> Fetched:
    """What a path in the cache tells: …/snapshots/COMMIT/FILE, a link to …/blobs/SHA-256 for large files."""
    blob = path.resolve().name
    announced = blob if re.fullmatch(r"[0-9a-f]{64}", blob) else None
    return Fetched(path=path, revision=path.parent.name, announced_sha256=announced)


def _library() -> ModuleType:
    try:
        import huggingface_hub
        import huggingface_hub.constants
    except ImportError as error:
        raise InputError(
            "downloads need the package huggingface_hub, which is not installed: pip install 'vos-in-context[hub]', "
            "or give a file with --weights PATH"
        ) from error
    return huggingface_hub
