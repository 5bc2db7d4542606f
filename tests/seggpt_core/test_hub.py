"""The real hub library, without a network."""

import sys
from pathlib import Path
from typing import Any

import pytest

from seggpt_core.errors import InputError, WorkError
from seggpt_core.hub import HuggingFaceHub, fetched

REPO, FILE, REVISION = "BAAI/seggpt-vit-large", "model.safetensors", "1" * 40


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """huggingface_hub, offline, with an empty cache."""
    library = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed: pip install '.[hub]'")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return library


def put_in_cache(cache: Path) -> Path:
    repo = cache / "models--BAAI--seggpt-vit-large"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(REVISION)
    (repo / "blobs").mkdir()
    (repo / "blobs" / ("a" * 64)).write_bytes(b"weights")
    (repo / "snapshots" / REVISION).mkdir(parents=True)
    path = repo / "snapshots" / REVISION / FILE
    path.symlink_to(repo / "blobs" / ("a" * 64))
    return path


@pytest.mark.usefixtures("library")
def test_offline_is_told_in_one_sentence(tmp_path: Path) -> None:
    hub = HuggingFaceHub()
    assert hub.cache() == tmp_path
    assert hub.cached(REPO, FILE, REVISION) is None
    with pytest.raises(WorkError, match=r"cannot download model.safetensors of BAAI/.*offline mode.*--weights PATH"):
        hub.fetch(REPO, FILE, None)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("revision", [None, REVISION])
def test_a_cached_file_needs_no_network(revision: str | None, tmp_path: Path) -> None:
    path = put_in_cache(tmp_path)
    hub = HuggingFaceHub()
    assert hub.cached(REPO, FILE, REVISION) == path
    found = hub.fetch(REPO, FILE, revision)
    assert (found.path, found.revision, found.announced_sha256) == (path, REVISION, "a" * 64)


def test_a_connection_that_breaks_is_a_failed_download(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx2

    def breaks(*_: object, **__: object) -> str:
        raise httpx2.ReadError("peer closed connection")

    monkeypatch.setattr(library, "hf_hub_download", breaks)
    with pytest.raises(WorkError, match="cannot download .*: peer closed connection; try again"):
        HuggingFaceHub().fetch(REPO, FILE, None)


def test_a_missing_library_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(
        InputError, match=r"huggingface_hub, which is not installed: pip install 'vos-in-context\[hub\]'"
    ):
        HuggingFaceHub().cache()


def test_a_small_file_has_no_announced_hash(tmp_path: Path) -> None:
    plain = tmp_path / REVISION / "config.json"
    assert fetched(plain).announced_sha256 is None
    assert fetched(plain).revision == REVISION
