"""`vos models`, with weights of a few kilobytes and no network."""

import re
import sys
from pathlib import Path

import pytest

from seggpt_core.checkpoint import EMBEDDED, PUBLISHED
from seggpt_core.downloads import download, source_of
from seggpt_core.files import sha256
from seggpt_core.published_files import read_published, write_published
from tests.seggpt_core.fake_hub import FIRST, FakeHub
from tests.seggpt_core.published_models import TOLD, random_model
from tests.vos.cli.flat_film import call


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    hub = FakeHub(tmp_path / "cache")
    monkeypatch.setattr("seggpt_core.hub.HuggingFaceHub", lambda: hub)
    return hub


def facts(text: str) -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in text.splitlines() if line.startswith("  "))


@pytest.mark.parametrize("command", ["list", "download", "verify", "convert"])
def test_every_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("models", command, "--help") == 0
    assert f"Example: vos models {command}" in " ".join(capsys.readouterr().out.split())


def test_list_tells_what_there_is(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    digest = hub.publish(source_of(PUBLISHED), random_model(TOLD))
    download(source_of(PUBLISHED), hub)
    assert call("models", "list") == 0
    out = capsys.readouterr().out
    titles = [line for line in out.splitlines() if not line.startswith(" ")]
    downloads = ["seggpt-vit-large (port format)", "seggpt-vit-large (official format)"]
    assert titles == ["compact", "compact-davis", "readout", *downloads]
    compact, davis, readout, port, official = (facts(part) for part in re.split(r"\n(?=\S)", out))
    assert compact["sha256"] == sha256(EMBEDDED["compact"].path)
    assert "terms" not in compact
    assert davis["terms"].startswith("non-commercial")
    assert readout["size"] == "2.3 MB"
    assert port["sha256"] == digest
    assert port["from"] == "model.safetensors of BAAI/seggpt-vit-large"
    assert official["weights"] == "not downloaded: vos models download seggpt-vit-large --format official"
    assert "sha256" not in official


def test_list_goes_on_without_the_hubs_library(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert call("models", "list") == 0
    assert capsys.readouterr().out.count("unknown: downloads need the package huggingface_hub") == 2


def test_download_prints_what_it_recorded(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    digest = hub.publish(source_of(PUBLISHED, "official"), random_model(TOLD))
    assert call("models", "download", PUBLISHED, "--format", "official") == 0
    found = facts(capsys.readouterr().out)
    assert (found["sha256"], found["revision"]) == (digest, FIRST)
    assert Path(found["weights"]).is_file()


def test_download_without_a_network_is_one_line(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    hub.publish(source_of(PUBLISHED), random_model(TOLD))
    hub.online = False
    assert call("models", "download", PUBLISHED) == 1
    assert capsys.readouterr().err == "vos: cannot download model.safetensors of BAAI/seggpt-vit-large: no network\n"


def test_verify_names_and_files(hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digest = hub.publish(source_of(PUBLISHED), random_model(TOLD))
    assert call("models", "verify", PUBLISHED) == 2
    told = "the weights of seggpt-vit-large are not downloaded: run `vos models download seggpt-vit-large`"
    assert capsys.readouterr().err == f"vos: {told}, or name a file instead\n"
    path = download(source_of(PUBLISHED), hub).path
    for what in (PUBLISHED, path):
        assert call("models", "verify", what) == 0
        found = facts(capsys.readouterr().out)
        assert (found["model"], found["format"], found["sha256"]) == ("seggpt", "port", digest)
    assert call("models", "verify", "readout") == 0
    assert facts(capsys.readouterr().out)["sha256"] == sha256(EMBEDDED["readout"].path)
    assert call("models", "verify", tmp_path / "absent") == 2
    known = "compact, compact-davis, readout, seggpt-vit-large"
    assert capsys.readouterr().err == f"vos: {tmp_path / 'absent'}: no such file; models are {known}\n"


def test_convert_there_and_back_gives_the_same_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digest = write_published(random_model(TOLD), tmp_path / "in.pth", "official")
    for source, out, to in (("in.pth", "port", "port"), ("port", "own", "own"), ("own", "back.pth", "official")):
        assert call("models", "convert", tmp_path / source, tmp_path / out, "--format", to) == 0
        assert read_published(tmp_path / out)[1] == to
    assert sha256(tmp_path / "back.pth") == digest
    assert capsys.readouterr().out.rstrip().endswith(digest)


def test_convert_refuses_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "in.pth", tmp_path / "out"
    write_published(random_model(TOLD), source, "official")
    cut = tmp_path / "cut.pth"
    cut.write_bytes(source.read_bytes()[:1000])
    for arguments, message in (
        ((source, out, "--format", "onnx"), "vos: --format onnx: there is official, port, own\n"),
        ((cut, out, "--format", "own"), f"vos: {cut}: damaged, or not a PyTorch file"),
        (("compact", out, "--format", "port"), "weights of the model 'compact', but 'seggpt' is needed\n"),
        ((source, cut, "--format", "own"), f"vos: {cut}: is there already; give another name, or --overwrite"),
    ):
        assert call("models", "convert", *arguments) == 2
        assert message in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"in.pth", "cut.pth"}
    assert call("models", "convert", source, cut, "--format", "own", "--overwrite") == 0
    assert read_published(cut)[1] == "own"
