import json
from pathlib import Path

import pytest

from tests.vos.evaluation.made_evaluations import made_evaluation
from vos.cli.main import main
from vos.evaluation.predictions import Predictor, all_empty, first_mask_copied
from vos.evaluation.report import report


def run(arguments: list[str]) -> int:
    """The exit status of `vos` with these arguments."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def write_report(root: Path, name: str, predict: Predictor, sequences: list[str] | None = None) -> str:
    made = report(made_evaluation(root / "data", predict, sequences=sequences))
    (root / name).write_text(json.dumps(made))
    return str(root / name)


def test_shows_totals_and_the_largest_changes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    before, after = (write_report(tmp_path, *one) for one in (("a.json", first_mask_copied), ("b.json", all_empty)))
    assert run(["compare", before, after]) == 0
    printed = capsys.readouterr().out
    assert "davis2017: 3 objects, 0 better, 3 worse" in printed
    rows = [line.split() for line in printed.splitlines()]
    assert next(row[:2] for row in rows if row[:1] in (["a"], ["b"])) == ["b", "2"]
    assert ["b", "2", "100.0", "0.0", "-100.0", "-100.0", "-100.0"] in rows
    assert run(["compare", before, after, "--objects", "1"]) == 0
    printed = capsys.readouterr().out
    assert "1 of 3 objects, largest change first" in printed
    assert "\n  a " not in printed


def test_other_sequences_are_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = write_report(tmp_path, "a.json", first_mask_copied)
    after = write_report(tmp_path, "b.json", first_mask_copied, ["b"])
    assert run(["compare", before, after]) == 2
    told = capsys.readouterr().err
    assert "only one has a" in told
    assert told.count("\n") == 1
    assert run(["compare", before, after, "--common"]) == 0
    printed = capsys.readouterr().out
    assert "0 better, 0 worse" in printed
    assert "left out (a), totals are means" in printed
