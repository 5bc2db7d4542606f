"""`vos models`, with weights of a few kilobytes and no network."""

import json
import re
import sys
from pathlib import Path

import pytest

from seggpt_core.checkpoint import EMBEDDED, PUBLISHED
from seggpt_core.downloads import download, source_of
from seggpt_core.files import sha256
from seggpt_core.own_format import METADATA_KEY, read_weights, write_safetensors
from seggpt_core.published_files import read_published, write_published
from tests.seggpt_core.fake_hub import FIRST, FakeHub
from tests.seggpt_core.published_models import TOLD, random_model, write_hollow
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
    download(source_of(PUBLISHED), hub, TOLD)
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


def test_the_published_model_is_downloaded_and_verified(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("models", "verify", PUBLISHED) == 2
    told = "the weights of seggpt-vit-large are not downloaded: run `vos models download seggpt-vit-large`"
    assert capsys.readouterr().err == f"vos: {told}, or name a file instead\n"
    remote = hub.place(source_of(PUBLISHED, "official"))
    write_hollow(remote)
    assert call("models", "download", PUBLISHED, "--format", "official") == 0
    found = facts(capsys.readouterr().out)
    assert (found["sha256"], found["revision"]) == (sha256(remote), FIRST)
    assert Path(found["weights"]).is_file()
    assert call("models", "verify", PUBLISHED) == 0
    out = capsys.readouterr().out
    assert out.startswith("whole\n")
    verified = facts(out)
    assert (verified["model"], verified["format"], verified["sha256"]) == ("seggpt", "official", sha256(remote))
    assert verified["contents"] == "as the record of the first download says"


def test_a_download_of_other_sizes_is_refused_with_what_to_delete(
    hub: FakeHub, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = hub.publish(source_of(PUBLISHED), random_model(TOLD))
    for _ in range(2):
        assert call("models", "download", PUBLISHED) == 2
        told = capsys.readouterr().err
        assert re.search(rf"tensor 'model\.\S+' is missing: .*; delete \S+/{digest} and download it again\n$", told)


def test_download_without_a_network_is_one_line(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    hub.publish(source_of(PUBLISHED), random_model(TOLD))
    hub.online = False
    assert call("models", "download", PUBLISHED) == 1
    assert capsys.readouterr().err == "vos: cannot download model.safetensors of BAAI/seggpt-vit-large: no network\n"


def test_verify_tells_what_the_contents_were_held_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own"
    digest = write_published(random_model(TOLD), path, "own")
    plain, readout = tmp_path / "plain", sha256(EMBEDDED["readout"].path)
    description, tensors = read_weights(EMBEDDED["readout"].path)
    values = {"format": 1, "model": description.model, "config": description.config}
    write_safetensors(plain, tensors, {METADATA_KEY: json.dumps(values)})
    unchecked = "cannot be checked: the file has no checksum; give --sha256 HEX"
    for arguments, title, model, contents, expected in (
        ((path,), "whole", "seggpt", "as the checksum in the file says", digest),
        ((path, "--sha256", digest.upper()), "whole", "seggpt", "as --sha256 says", digest),
        (("readout",), "whole", "readout", "as the checksum in the file says", readout),
        ((plain,), "complete, but its contents cannot be checked", "readout", unchecked, sha256(plain)),
        ((plain, "--sha256", sha256(plain)), "whole", "readout", "as --sha256 says", sha256(plain)),
    ):
        assert call("models", "verify", *arguments) == 0
        out = capsys.readouterr().out
        assert out.splitlines()[0] == title
        found = facts(out)
        assert (found["model"], found["format"], found["contents"]) == (model, "own", contents)
        assert found["sha256"] == expected


def test_verify_refuses_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, small = tmp_path / "own", tmp_path / "small.pth"
    digest = write_published(random_model(TOLD), path, "own")
    write_published(random_model(TOLD), small, "official", TOLD)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    flipped = tmp_path / "flipped"
    flipped.write_bytes(content)
    for arguments, message in (
        ((path, "--sha256", "f" * 64), f"vos: {path}: SHA-256 is {digest}, but must be {'f' * 64}\n"),
        ((path, "--sha256", "f" * 63), f"vos: --sha256 {'f' * 63}: 64 hexadecimal digits are needed\n"),
        ((flipped,), f"vos: {flipped}: damaged: the SHA-256 of its contents is "),
        ((small,), f"vos: {small}: tensor 'blocks.3."),
    ):
        assert call("models", "verify", *arguments) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith(message)
    assert call("models", "verify", tmp_path / "absent") == 2
    known = "compact, compact-davis, readout, seggpt-vit-large"
    assert capsys.readouterr().err == f"vos: {tmp_path / 'absent'}: no such file; models are {known}\n"


def test_a_small_model_is_converted_within_our_own_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digest = write_published(random_model(TOLD), tmp_path / "in", "own")
    assert call("models", "convert", tmp_path / "in", tmp_path / "out", "--format", "own") == 0
    assert sha256(tmp_path / "out") == digest
    assert capsys.readouterr().out.rstrip().endswith(digest)
    for to in ("official", "port"):
        assert call("models", "convert", tmp_path / "in", tmp_path / to, "--format", to) == 2
        assert f"the {to} format has no place for sizes" in capsys.readouterr().err
        assert not (tmp_path / to).exists()


def test_convert_refuses_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, small, out = tmp_path / "in", tmp_path / "small.pth", tmp_path / "out"
    write_published(random_model(TOLD), source, "own")
    write_published(random_model(TOLD), small, "official", TOLD)
    cut = tmp_path / "cut"
    cut.write_bytes(source.read_bytes()[:1000])
    for arguments, message in (
        ((source, out, "--format", "onnx"), "vos: --format onnx: there is official, port, own\n"),
        ((cut, out, "--format", "own"), f"vos: {cut}: damaged, or not a safetensors file"),
        ((small, out, "--format", "own"), f"vos: {small}: tensor 'blocks.3."),
        (("compact", out, "--format", "port"), "weights of the model 'compact', but 'seggpt' is needed\n"),
        ((source, cut, "--format", "own"), f"vos: {cut}: is there already; give another name, or --overwrite"),
    ):
        assert call("models", "convert", *arguments) == 2
        assert message in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"in", "small.pth", "cut"}
    assert call("models", "convert", source, cut, "--format", "own", "--overwrite") == 0
    assert read_published(cut)[1] == "own"
