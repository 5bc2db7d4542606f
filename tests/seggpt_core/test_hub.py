"""The real hub library, without a network."""

import errno
import hashlib
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seggpt_core.errors import InputError, WorkError
from seggpt_core.hub import HuggingFaceHub, fetched
from tests.seggpt_core.hub_server import HubServer

REPO, FILE, REVISION = "BAAI/seggpt-vit-large", "model.safetensors", "1" * 40
CONTENT = random.Random(0).randbytes(1_000_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """huggingface_hub, offline, with an empty cache."""
    library = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed: pip install '.[hub]'")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return library


@pytest.fixture
def server(library: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub that the library is sent to."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("seggpt_core.parts._PAUSE_S", 0.0)
    served = HubServer(CONTENT, DIGEST)
    with served.running():
        use_hub(monkeypatch, served.address)
        yield served


def use_hub(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """What HF_ENDPOINT does before the library is imported."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)


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


def test_a_download_that_was_cut_goes_on_where_it_stopped(server: HubServer, tmp_path: Path) -> None:
    server.cuts = [300_000, 0, 0, 0]
    message = rf"cannot download {FILE} of {REPO}: the connection broke off; 0.3 of 1.0 MB are here: .*goes on where it"
    with pytest.raises(WorkError, match=message):
        HuggingFaceHub().fetch(REPO, FILE, None)
    assert HuggingFaceHub().cached(REPO, FILE, REVISION) is None
    found = HuggingFaceHub().fetch(REPO, FILE, None)
    assert server.starts == [0, 300_000, 300_000, 300_000, 300_000]
    assert found.path.read_bytes() == CONTENT
    assert (found.revision, found.announced_sha256) == (REVISION, DIGEST)
    assert found.path == HuggingFaceHub().cached(REPO, FILE, REVISION)
    assert [path.name for path in tmp_path.glob("models--*/blobs/*")] == [DIGEST]


def test_the_library_finds_what_was_fetched(server: HubServer, library: Any) -> None:
    found = HuggingFaceHub().fetch(REPO, FILE, REVISION)
    assert library.hf_hub_download(REPO, FILE) == str(found.path)
    assert server.starts == [0]
    assert HuggingFaceHub().fetch(REPO, FILE, None) == found
    assert server.starts == [0]


def test_a_server_that_knows_no_ranges_does_no_harm(server: HubServer) -> None:
    server.knows_ranges = False
    server.cuts = [300_000]
    assert HuggingFaceHub().fetch(REPO, FILE, None).path.read_bytes() == CONTENT
    assert server.starts == [0, 300_000]


def test_a_killed_process_leaves_what_came_and_a_second_one_is_refused(server: HubServer, tmp_path: Path) -> None:
    server.cuts, server.stalls = [300_000], threading.Event()
    program = f"from seggpt_core.hub import HuggingFaceHub; HuggingFaceHub().fetch({REPO!r}, {FILE!r}, None)"
    environment = os.environ | {"HF_ENDPOINT": server.address, "HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    with subprocess.Popen([sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE) as process:
        while not any(path.stat().st_size for path in tmp_path.glob("models--*/blobs/*")):
            assert process.poll() is None
            time.sleep(0.01)
        with pytest.raises(InputError, match=f"another process is downloading {FILE}; wait until it ends"):
            HuggingFaceHub().fetch(REPO, FILE, None)
        process.kill()
    (part,) = tmp_path.glob("models--*/blobs/*")
    size = part.stat().st_size
    assert HuggingFaceHub().fetch(REPO, FILE, None).path.read_bytes() == CONTENT
    assert server.starts == [0, size]
    assert 0 < size <= 300_000


def test_bytes_that_were_not_announced_are_refused(server: HubServer, tmp_path: Path) -> None:
    server.etag = "a" * 64
    with pytest.raises(WorkError, match=rf"SHA-256 of what came is {DIGEST}, but must be {'a' * 64}.*to start anew"):
        HuggingFaceHub().fetch(REPO, FILE, None)
    assert list(tmp_path.glob("models--*/blobs/*")) == []


def test_a_small_file_is_left_to_the_library(server: HubServer) -> None:
    server.etag = "b" * 40
    assert HuggingFaceHub().fetch(REPO, FILE, None).announced_sha256 is None


def test_no_connection_is_told_at_once_and_in_one_line(
    server: HubServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    use_hub(monkeypatch, f"http://127.0.0.1:{port}")
    began = time.monotonic()
    with pytest.raises(WorkError) as told:
        HuggingFaceHub().fetch(REPO, FILE, None)
    assert time.monotonic() - began < 5
    assert str(told.value) == (
        f"cannot download {FILE} of {REPO}: no network connection to http://127.0.0.1:{port}, or it does not answer "
        f"([Errno {errno.ECONNREFUSED}] Connection refused); run it again later, and it goes on where it stopped, "
        "or get the file elsewhere and give it with --weights PATH to `vos propagate`, `vos segment` or `vos evaluate`"
    )
    assert caplog.records == []


def test_what_is_cached_is_taken_where_there_is_no_connection(
    server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = HuggingFaceHub().fetch(REPO, FILE, None)
    use_hub(monkeypatch, "http://127.0.0.1:9")
    assert HuggingFaceHub().fetch(REPO, FILE, None) == found


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
