import csv
import json
from pathlib import Path

import pytest

from tests.vos.evaluation.made_evaluations import PROVENANCE, made_evaluation
from vos.evaluation import Evaluation
from vos.evaluation.predictions import first_mask_copied
from vos.evaluation.report import write_reports

TOTALS = ["JF", "J_mean", "J_recall", "J_decay", "F_mean", "F_recall", "F_decay"]
FILES = ["per_object.csv", "report.html", "report.json", "report.md"]


@pytest.fixture
def evaluation(tmp_path: Path) -> Evaluation:
    return made_evaluation(tmp_path / "data")


@pytest.fixture
def folder(evaluation: Evaluation, tmp_path: Path) -> Path:
    """Its reports."""
    write_reports(evaluation, first_mask_copied, tmp_path / "out")
    return tmp_path / "out"


def test_the_report_begins_with_unrounded_totals(evaluation: Evaluation, folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text())
    assert list(report)[:7] == TOTALS
    totals = evaluation.scores.totals
    assert [report[name] for name in TOTALS] == [getattr(totals, name) for name in TOTALS]
    assert (report["dataset"], report["split"], report["complete"]) == ("davis2017", "val", True)
    assert report["frames_per_second"] == 3.0
    assert report["sequences"]["a"]["frames_per_second"] == 2.0
    assert report["baselines"]["all_empty"]["JF"] == 0.0
    assert report["provenance"] == PROVENANCE


def test_multi_object_sequences_are_a_mean_over_their_objects(folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text())
    apart = report["multi_object"]
    assert (apart["sequences"], apart["objects"]) == (["b"], 2)
    of_b = [entry["JF"] for entry in report["objects"] if entry["sequence"] == "b"]
    assert apart["JF"] == pytest.approx(sum(of_b) / 2)
    assert report["JF"] == pytest.approx(sum(entry["JF"] for entry in report["objects"]) / 3)


def test_every_object_has_a_line(evaluation: Evaluation, folder: Path) -> None:
    with (folder / "per_object.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    told = [(row["sequence"], row["object"], row["frames"], row["worst_frame"]) for row in rows]
    assert told == [("a", "1", "2", "00002"), ("b", "1", "3", "00003"), ("b", "2", "3", "00001")]
    assert [float(row["J_mean"]) for row in rows] == [score.j.mean for score in evaluation.scores.objects]
    assert [float(row["worst_JF"]) for row in rows] == [score.worst.jf for score in evaluation.scores.objects]


def test_the_same_evaluation_gives_the_same_bytes(evaluation: Evaluation, folder: Path, tmp_path: Path) -> None:
    write_reports(evaluation, first_mask_copied, tmp_path / "again")
    assert sorted(path.name for path in folder.iterdir()) == FILES
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_what_people_read_names_no_folder_of_the_machine(folder: Path) -> None:
    for name in ("report.md", "report.html"):
        text = (folder / name).read_text()
        assert "best.safetensors" in text
        assert "somebody" not in text
        assert "ab" * 32 in text
        assert "0123abcd" in text
