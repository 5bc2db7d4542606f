"""Published weights in the hub's cache, trusted on first use and held to that ever after.

A download is checked strictly, then its SHA-256 and revision are recorded in the cache, one small JSON file a
download. From then on that revision is asked for, and no other bytes are accepted. A file that fails stays where it is,
since the cache may be other programs' too: the error names what to delete.
"""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seggpt_core.config import PUBLISHED_SIZES, SegGPTConfig
from seggpt_core.errors import InputError
from seggpt_core.files import replacing, require_sha256, sha256
from seggpt_core.hub import Fetched, Hub
from seggpt_core.published_files import Format, read_published

_RECORDS = "trusted-weights"
"""Folder of the records inside the hub's cache."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A file of the hub that holds a published model."""

    repo: str
    file: str
    format: Format


PUBLISHED = "seggpt-vit-large"
"""The name of SegGPT as published."""
SOURCES: dict[str, tuple[Source, ...]] = {
    PUBLISHED: (
        Source(repo="BAAI/seggpt-vit-large", file="model.safetensors", format="port"),
        Source(repo="BAAI/SegGPT", file="seggpt_vit_large.pth", format="official"),
    )
}
"""Published models by name. The first source is the default: safetensors cannot hold code."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trusted:
    """What is known of a file since its first download."""

    repo: str
    file: str
    revision: str
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Downloaded:
    """A download that lies in the cache, and what its bytes must be."""

    path: Path
    trusted: Trusted


def source_of(name: str, format: Format | None = None) -> Source:
    """The source of a published model; None takes the default. Raises InputError for what there is not."""
    if name not in SOURCES:
        raise InputError(f"model {name!r}: {', '.join(SOURCES)} can be downloaded")
    found = [source for source in SOURCES[name] if format in (None, source.format)]
    if not found:
        formats = ", ".join(source.format for source in SOURCES[name])
        raise InputError(f"format {format!r} of {name}: there is {formats}")
    return found[0]


def download(source: Source, hub: Hub, sizes: SegGPTConfig = PUBLISHED_SIZES) -> Downloaded:
    """Fetch the file unless it is cached, check it, and record it if it is the first time.

    sizes: what the model must be of. Raises InputError for a file that is not what it should be, WorkError for a
    download that fails.
    """
    trusted = read_record(hub.cache(), source)
    fetched = hub.fetch(source.repo, source.file, trusted.revision if trusted else None)
    if trusted is None:
        trusted = _first_use(source, fetched, sizes)
        _write_record(hub.cache(), source, trusted)
    else:
        _require_trusted(fetched.path, trusted)
    return Downloaded(path=fetched.path, trusted=trusted)


def downloaded(source: Source, hub: Hub) -> Downloaded | None:
    """The download if it is in the cache and on record; its bytes are not read."""
    trusted = read_record(hub.cache(), source)
    if trusted is None:
        return None
    path = hub.cached(source.repo, source.file, trusted.revision)
    return None if path is None else Downloaded(path=path, trusted=trusted)


def require_downloaded(name: str, hub: Hub) -> Downloaded:
    """As `find_downloaded`, for what --weights PATH can replace. Raises InputError where there is none."""
    if found := find_downloaded(name, hub):
        return found
    raise InputError(
        f"the weights of {name} are not downloaded: run `vos models download {name}`, "
        "or give a file with --weights PATH"
    )


def find_downloaded(name: str, hub: Hub) -> Downloaded | None:
    """The first source of `name` that was downloaded, its bytes checked. Raises InputError for other bytes."""
    for source in SOURCES[name]:
        if found := downloaded(source, hub):
            _require_trusted(found.path, found.trusted)
            return found
    return None


def read_record(cache: Path, source: Source) -> Trusted | None:
    """What was recorded at the first download; None before. Raises InputError for a damaged record."""
    path = record_path(cache, source)
    if not path.exists():
        return None
    try:
        trusted = Trusted(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not a record of a download ({error}); delete it to trust the file anew") from error
    if (trusted.repo, trusted.file) != (source.repo, source.file):
        raise InputError(f"{path}: records {trusted.file} of {trusted.repo}, not {source.file} of {source.repo}")
    return trusted


def record_path(cache: Path, source: Source) -> Path:
    """Where the record of a source lies."""
    return cache / _RECORDS / f"{source.repo.replace('/', '--')}--{source.file}.json"


def _require_trusted(path: Path, trusted: Trusted) -> None:
    with _naming_what_to_delete(path):
        require_sha256(path, trusted.sha256)


def _first_use(source: Source, fetched: Fetched, sizes: SegGPTConfig) -> Trusted:
    path = fetched.path
    with _naming_what_to_delete(path):
        if fetched.announced_sha256 is not None:
            require_sha256(path, fetched.announced_sha256)
        _, format = read_published(path, sizes)
        if format != source.format:
            raise InputError(f"{path}: holds the {format} format, but {source.format} is expected of {source.repo}")
    return Trusted(repo=source.repo, file=source.file, revision=fetched.revision, sha256=sha256(fetched.path))


@contextmanager
def _naming_what_to_delete(path: Path) -> Iterator[None]:
    """Errors inside name the file that the cache would go on giving; what lies in a snapshot may be a link to it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{error}; delete {path.resolve()} and download it again") from error


def _write_record(cache: Path, source: Source, trusted: Trusted) -> None:
    with replacing(record_path(cache, source)) as temporary:
        temporary.write_text(json.dumps(dataclasses.asdict(trusted), indent=1) + "\n", encoding="utf-8")
