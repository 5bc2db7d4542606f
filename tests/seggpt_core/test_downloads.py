"""Downloads are trusted once and held to it."""

import json
from pathlib import Path

import pytest

from seggpt_core.downloads import (
    PUBLISHED,
    SOURCES,
    Source,
    Trusted,
    download,
    downloaded,
    record_path,
    require_downloaded,
    source_of,
)
from seggpt_core.errors import InputError, WorkError
from seggpt_core.own_format import write_safetensors
from tests.seggpt_core.fake_hub import FIRST, SECOND, FakeHub
from tests.seggpt_core.published_models import TOLD, random_model

PORT, OFFICIAL = SOURCES[PUBLISHED]


@pytest.fixture
def hub(tmp_path: Path) -> FakeHub:
    return FakeHub(tmp_path / "cache")


def test_published_files_are_known_by_name_and_format() -> None:
    assert (PORT.repo, PORT.file) == ("BAAI/seggpt-vit-large", "model.safetensors")
    assert (OFFICIAL.repo, OFFICIAL.file) == ("BAAI/SegGPT", "seggpt_vit_large.pth")
    assert source_of(PUBLISHED) == PORT
    assert source_of(PUBLISHED, "official") == OFFICIAL
    with pytest.raises(InputError, match="model 'seggpt': seggpt-vit-large can be downloaded"):
        source_of("seggpt")
    with pytest.raises(InputError, match="format 'own' of seggpt-vit-large: there is port, official"):
        source_of(PUBLISHED, "own")


@pytest.mark.parametrize("source", [PORT, OFFICIAL], ids=["port", "official"])
def test_the_first_download_is_recorded(source: Source, hub: FakeHub) -> None:
    digest = hub.publish(source, random_model(TOLD))
    found = download(source, hub, TOLD)
    assert found.trusted == Trusted(repo=source.repo, file=source.file, revision=FIRST, sha256=digest)
    assert downloaded(source, hub) == found
    assert require_downloaded(PUBLISHED, hub) == found
    assert json.loads(record_path(hub.folder, source).read_text())["sha256"] == digest


def test_later_downloads_ask_for_the_recorded_revision(hub: FakeHub) -> None:
    hub.publish(PORT, random_model(TOLD))
    first = download(PORT, hub, TOLD)
    hub.publish(PORT, random_model(TOLD, seed=1), SECOND)
    first.path.resolve().unlink()
    assert downloaded(PORT, hub) is None
    assert download(PORT, hub, TOLD) == first
    assert hub.asked == [None, FIRST]


def test_a_changed_file_is_refused_with_both_hashes(hub: FakeHub) -> None:
    digest = hub.publish(PORT, random_model(TOLD))
    path = download(PORT, hub, TOLD).path
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.resolve().write_bytes(content)
    message = rf"SHA-256 is (?!{digest})[0-9a-f]{{64}}, but must be {digest}.*; delete .*/blobs/{digest} and download"
    for use in (lambda: download(PORT, hub, TOLD), lambda: require_downloaded(PUBLISHED, hub)):
        with pytest.raises(InputError, match=message):
            use()


def test_bytes_that_the_hub_did_not_announce_are_not_trusted(hub: FakeHub) -> None:
    digest = hub.publish(PORT, random_model(TOLD))
    path = hub.fetch(PORT.repo, PORT.file, None).path
    write_safetensors(path.resolve(), {}, {})
    with pytest.raises(InputError, match=f"but must be {digest}"):
        download(PORT, hub, TOLD)
    assert not record_path(hub.folder, PORT).exists()


def test_what_is_not_the_model_is_not_trusted(hub: FakeHub) -> None:
    digest = hub.publish(OFFICIAL, random_model(TOLD), to="own")
    message = (
        rf"holds the own format, but official is expected of BAAI/SegGPT; delete .*/blobs/{digest} and download it"
    )
    with pytest.raises(InputError, match=message):
        download(OFFICIAL, hub, TOLD)
    assert not record_path(hub.folder, OFFICIAL).exists()


@pytest.mark.parametrize("source", [PORT, OFFICIAL], ids=["port", "official"])
def test_a_model_of_other_sizes_is_not_trusted(source: Source, hub: FakeHub) -> None:
    digest = hub.publish(source, random_model(TOLD))
    with pytest.raises(
        InputError, match=rf"tensor '.*' is missing: .*; delete .*/blobs/{digest} and download it again"
    ):
        download(source, hub)
    assert not record_path(hub.folder, source).exists()


def test_after_a_deletion_as_advised_the_next_try_downloads_again(hub: FakeHub) -> None:
    hub.place(PORT).write_bytes(b"not what was meant")
    with pytest.raises(InputError, match=r"neither safetensors nor a PyTorch file; delete (\S+) and") as refused:
        download(PORT, hub, TOLD)
    digest = hub.publish(PORT, random_model(TOLD))
    with pytest.raises(InputError, match="neither safetensors nor"):
        download(PORT, hub, TOLD)
    Path(str(refused.value).split("delete ")[1].split()[0]).unlink()
    assert download(PORT, hub, TOLD).trusted.sha256 == digest


def test_what_was_cached_by_others_is_not_used_before_it_is_on_record(hub: FakeHub) -> None:
    hub.publish(PORT, random_model(TOLD))
    hub.fetch(PORT.repo, PORT.file, None)
    with pytest.raises(InputError, match="not downloaded: run `vos models download seggpt-vit-large`"):
        require_downloaded(PUBLISHED, hub)
    hub.online = False
    assert download(PORT, hub, TOLD).trusted.revision == FIRST


def test_without_a_network_nothing_is_recorded(hub: FakeHub) -> None:
    hub.publish(PORT, random_model(TOLD))
    hub.online = False
    with pytest.raises(WorkError, match="no network"):
        download(PORT, hub, TOLD)
    assert not hub.folder.exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"repo": "x"}'])
def test_a_damaged_record_is_refused(content: str, hub: FakeHub) -> None:
    path = record_path(hub.folder, PORT)
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(InputError, match=rf"{path}: not a record of a download \(.*delete it to trust the file anew"):
        download(PORT, hub, TOLD)


def test_the_record_of_another_file_is_refused(hub: FakeHub) -> None:
    path = record_path(hub.folder, PORT)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"repo": "a/b", "file": "c", "revision": FIRST, "sha256": "0" * 64}))
    with pytest.raises(InputError, match="records c of a/b, not model.safetensors of BAAI/seggpt-vit-large"):
        downloaded(PORT, hub)
