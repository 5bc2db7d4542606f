import csv
import json
from pathlib import Path

import pytest

from tests.vos.datasets.made_davis import moving_square, square, write_davis
from vos.evaluation.plan import open_dataset
from vos.evaluation.predictions import all_empty, first_mask_copied
from vos.evaluation.report import Evaluation, write_reports
from vos.evaluation.scoring import score_dataset
from vos.evaluation.speed import Speed

TOTALS = ["JF", "J_mean", "J_recall", "J_decay", "F_mean", "F_recall", "F_decay"]


@pytest.fixture
def evaluation(tmp_path: Path) -> Evaluation:
    """Sequence `a` has one object, `b` two."""
    two = [square(2, 2 + i) + square(14, 2, object_id=2) for i in range(5)]
    root = write_davis(tmp_path / "data", 2017, {"a": moving_square(4), "b": two})
    dataset = open_dataset("davis2017", root)
    return Evaluation(
        dataset=dataset,
        scores=score_dataset(dataset, first_mask_copied),
        baselines={"all_empty": score_dataset(dataset, all_empty)},
        provenance={"weights_sha256": "ab"},
        speeds={"a": Speed(frames=4, seconds=2.0), "b": Speed(frames=5, seconds=1.0)},
    )


def test_the_report_begins_with_unrounded_totals(evaluation: Evaluation, tmp_path: Path) -> None:
    write_reports(evaluation, tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    assert list(report)[:7] == TOTALS
    totals = evaluation.scores.totals
    assert [report[name] for name in TOTALS] == [getattr(totals, name) for name in TOTALS]
    assert (report["dataset"], report["complete"]) == ("davis2017", True)
    assert report["frames_per_second"] == 3.0
    assert report["sequences"]["a"]["frames_per_second"] == 2.0
    assert report["baselines"]["all_empty"]["JF"] == 0.0
    assert report["provenance"] == {"weights_sha256": "ab"}


def test_multi_object_sequences_are_a_mean_over_their_objects(evaluation: Evaluation, tmp_path: Path) -> None:
    write_reports(evaluation, tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    apart = report["multi_object"]
    assert (apart["sequences"], apart["objects"]) == (["b"], 2)
    of_b = [entry["JF"] for entry in report["objects"] if entry["sequence"] == "b"]
    assert apart["JF"] == pytest.approx(sum(of_b) / 2)
    assert report["JF"] == pytest.approx(sum(entry["JF"] for entry in report["objects"]) / 3)


def test_every_object_has_a_line(evaluation: Evaluation, tmp_path: Path) -> None:
    write_reports(evaluation, tmp_path)
    with (tmp_path / "per_object.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["sequence"], row["object"], row["frames"]) for row in rows] == [
        ("a", "1", "2"),
        ("b", "1", "3"),
        ("b", "2", "3"),
    ]
    assert [float(row["J_mean"]) for row in rows] == [score.j.mean for score in evaluation.scores.objects]
