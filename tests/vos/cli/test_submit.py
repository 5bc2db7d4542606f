import zipfile
from pathlib import Path

import pytest

from tests.vos.datasets.made_davis import moving_square, write_davis, write_results
from vos.cli.main import main


def run(arguments: list[str]) -> int:
    """The exit status of `vos` with these arguments."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    masks = {"a": moving_square(4)}
    data, results = write_davis(tmp_path / "data", 2017, masks), write_results(tmp_path / "results", masks)
    return ["submit", "davis2017", "--data", str(data), "--results", str(results)]


def test_packs_and_says_what(tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.zip"
    assert run([*arguments, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert f"{out}: davis2017 val, 4 masks of 1 sequences\n" in printed
    assert "davis2017 val has no public server" in printed
    with zipfile.ZipFile(out) as archive:
        assert len(archive.namelist()) == 4
    assert run([*arguments, "--out", str(out), "--overwrite", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("name", "message"), [("out.tar", "ends in .zip"), ("there.zip", "is there already")])
def test_what_may_not_be_written_is_refused(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    (tmp_path / "there.zip").write_text("mine")
    assert run([*arguments, "--out", str(tmp_path / name)]) == 2
    assert message in capsys.readouterr().err
    assert (tmp_path / "there.zip").read_text() == "mine"


def test_missing_masks_are_refused_before_anything_is_written(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results/a/00002.png").unlink()
    assert run([*arguments, "--out", str(tmp_path / "out.zip")]) == 2
    assert "a 00002: " in capsys.readouterr().err
    assert not (tmp_path / "out.zip").exists()
