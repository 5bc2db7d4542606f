"""Files of the Hugging Face hub: the one place that imports `huggingface_hub`, and only when it is needed."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from seggpt_core.errors import InputError, WorkError
from seggpt_core.parts import Broken, BytesFrom, Damaged, arrived, receive

if TYPE_CHECKING:
    from httpx2 import Timeout

ELSEWHERE = "get the file elsewhere and give it with --weights PATH to `vos propagate`, `vos segment` or `vos evaluate`"
"""The way out where nothing can be downloaded."""

_LOCK_S = 0.1
"""How long to try for the lock of a download: the library's lock never looks where it may not wait at all."""


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
        """Download into the cache what is not in it, going on where an earlier try stopped, in whatever way.

        revision: a commit; None takes the newest, or without a network the newest that is cached. Raises WorkError
        where the download fails, InputError where another process is at it.
        """
        ...


class HuggingFaceHub:
    """The real one.

    The library's own download starts anew in every process: its partial files have random names and are deleted on
    failure, https://github.com/huggingface/huggingface_hub/pull/4228. So the bytes of a large file are fetched here,
    over plain HTTP, with the library's session, into the place where its documented cache layout wants the blob,
    `blobs/SHA-256`. Then the library is asked for the file: it finds the blob and only has to link it. Should a later
    version look elsewhere, it downloads the file itself, and only going on would be lost.
    """

    def cache(self) -> Path:
        """See `Hub.cache`; the library's own environment variables move it."""
        return Path(_library().constants.HF_HUB_CACHE)

    def cached(self, repo: str, file: str, revision: str) -> Path | None:
        """See `Hub.cached`."""
        found = _library().try_to_load_from_cache(repo, file, revision=revision)
        return Path(found) if isinstance(found, str) else None

    def fetch(self, repo: str, file: str, revision: str | None) -> Fetched:
        """See `Hub.fetch`."""
        if revision is not None and (path := self.cached(repo, file, revision)):
            return fetched(path)
        library = _library()
        what = f"{file} of {repo}"
        try:
            with _told_in_one_line(what):
                url = library.hf_hub_url(repo, file, revision=revision)
                remote = library.get_hf_file_metadata(url, timeout=_wait())
        except WorkError:
            if path := self.cached(repo, file, revision or "main"):
                return fetched(path)
            raise
        with _told_in_one_line(what):
            if remote.commit_hash and remote.size and _is_sha256(remote.etag):
                url = library.hf_hub_url(repo, file, revision=remote.commit_hash)
                self._have_blob(f"models--{repo.replace('/', '--')}", file, url, remote.etag, remote.size)
            return fetched(Path(library.hf_hub_download(repo, file, revision=revision)))

    def _have_blob(self, folder: str, file: str, url: str, sha256: str, size: int) -> None:
        utils = _library().utils
        blob = self.cache() / folder / "blobs" / sha256
        lock = self.cache() / ".locks" / folder / f"{sha256}.lock"  # the library's own, so its downloads wait for ours
        lock.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            try:
                stack.enter_context(utils.WeakFileLock(lock, timeout=_LOCK_S))
            except TimeoutError as error:
                raise InputError(f"another process is downloading {file}; wait until it ends") from error
            if blob.exists():
                return
            bar = {"desc": file, "total": size, "initial": arrived(blob), "unit": "B", "unit_scale": True}
            progress = stack.enter_context(utils.tqdm(**bar, disable=None))  # None: on a terminal only
            receive(blob, size, sha256, _bytes_of(url, progress.update))


def fetched(path: Path) -> Fetched:
    """What a path in the cache tells: …/snapshots/COMMIT/FILE, a link to …/blobs/SHA-256 for large files."""
    blob = path.resolve().name
    return Fetched(path=path, revision=path.parent.name, announced_sha256=blob if _is_sha256(blob) else None)


def _is_sha256(text: str | None) -> bool:
    """Whether an ETag of the hub, or a blob's name, is one: so it is for large files; small ones have Git's SHA-1."""
    return text is not None and re.fullmatch(r"[0-9a-f]{64}", text) is not None


def _bytes_of(url: str, tell: Callable[[int], object]) -> BytesFrom:
    library = _library()
    from httpx2 import HTTPError

    def bytes_from(start: int) -> Iterator[bytes]:
        wanted = {"Range": f"bytes={start}-", "Accept-Encoding": "identity"}
        headers = library.utils.build_hf_headers() | wanted
        try:
            with library.get_session().stream("GET", url, headers=headers, timeout=_wait()) as response:
                library.hf_raise_for_status(response)
                known = 0 if response.status_code == HTTPStatus.PARTIAL_CONTENT else start
                for piece in response.iter_bytes():
                    new = piece[known:]
                    known -= len(piece) - len(new)
                    tell(len(new))
                    yield new
        except HTTPError as error:
            raise Broken(str(error)) from error

    return bytes_from


def _wait() -> "Timeout":
    """How long a hub may be silent: at each of its addresses until there is a connection, and then at any time."""
    from httpx2 import Timeout

    return Timeout(5.0, connect=3.0)


@contextmanager
def _told_in_one_line(what: str) -> Iterator[None]:
    """Make a WorkError of one line of whatever goes wrong with a download, and silence the library's log meanwhile."""
    from httpx2 import HTTPError, TransportError

    log = logging.getLogger("huggingface_hub")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    except TransportError as error:
        hub = _library().constants.ENDPOINT
        raise _cannot_download(what, f"no network connection to {hub}, or it does not answer ({error})") from error
    except Broken as error:
        raise _cannot_download(what, f"the connection broke off; {error}") from error
    except Damaged as error:
        raise WorkError(f"cannot download {what}: {error}; it is deleted, run it again to start anew") from error
    except (OSError, RuntimeError, HTTPError) as error:
        raise _cannot_download(what, str(error.__cause__ or error)) from error
    finally:
        log.setLevel(level)


def _cannot_download(what: str, reason: str) -> WorkError:
    reason = " ".join(reason.split()).rstrip(".")
    return WorkError(
        f"cannot download {what}: {reason}; run it again later, and it goes on where it stopped, or {ELSEWHERE}"
    )


def _library() -> ModuleType:
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.utils
    except ImportError as error:
        raise InputError(
            "downloads need the package huggingface_hub, which is not installed: pip install 'vos-in-context[hub]', "
            f"or {ELSEWHERE}"
        ) from error
    return huggingface_hub
