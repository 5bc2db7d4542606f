from dataclasses import replace
from pathlib import Path

from tests.vos.evaluation.made_evaluations import made_evaluation, without_speeds
from vos.evaluation.report_md import markdown_report


def cells(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_tables_are_in_percent_with_baselines_below(tmp_path: Path) -> None:
    evaluation = made_evaluation(tmp_path)
    text = markdown_report(evaluation)
    totals = evaluation.scores.totals
    rows = cells(text)
    assert text.startswith(f"# davis2017 val: J&F {100 * totals.JF:.1f}\n")
    everything = rows.index(["all", *_row(totals)])
    assert rows[everything + 1][:2] == ["baseline: all empty", "0.0"]
    assert rows[everything + 2][0] == "multi-object"
    assert ["a", *_row(evaluation.scores.sequences["a"]), "2.00"] in rows
    assert "3.00 frames/s a worker" in text
    assert "Peak memory: 512 MiB a worker." in text
    assert ["memory.policy", "gated"] in rows
    assert "Not the whole set" not in text


def test_a_part_of_the_set_is_called_so(tmp_path: Path) -> None:
    text = markdown_report(made_evaluation(tmp_path, sequences=["b"]))
    assert "**Not the whole set. Only these sequences were taken: b.**" in text


def test_given_results_have_no_speed_and_no_settings(tmp_path: Path) -> None:
    evaluation = without_speeds(made_evaluation(tmp_path))
    facts = {"results": "/home/somebody/masks", "results_sha256": "ef" * 32}
    text = markdown_report(replace(evaluation, provenance=facts))
    assert "frames/s" not in text
    assert "## Settings" not in text
    assert ["results SHA-256", "ef" * 32] in cells(text)
    assert "somebody" not in text


def test_names_are_no_markup(tmp_path: Path) -> None:
    evaluation = made_evaluation(tmp_path)
    odd = replace(evaluation, dataset=replace(evaluation.dataset, name="a|b*c_[d]"))
    assert "# a\\|b\\*c\\_\\[d\\] val: J&F" in markdown_report(odd)


def _row(totals: object) -> list[str]:
    names = ("JF", "J_mean", "J_recall", "J_decay", "F_mean", "F_recall", "F_decay")
    return [f"{100 * getattr(totals, name):.1f}" for name in names]
