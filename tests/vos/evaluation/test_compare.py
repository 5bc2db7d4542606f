import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tolerances import SUMMATION
from tests.vos.evaluation.made_evaluations import PROVENANCE, made_evaluation
from vos.errors import InputError
from vos.evaluation.compare import compare, read_report
from vos.evaluation.predictions import Predictor, all_empty, first_mask_copied
from vos.evaluation.report import report


def made_report(root: Path, predict: Predictor = first_mask_copied, **changed: Any) -> dict[str, Any]:
    evaluation = made_evaluation(root, predict)
    return report(replace(evaluation, provenance={**PROVENANCE, **changed}))


def test_the_same_report_has_no_change(tmp_path: Path) -> None:
    same = made_report(tmp_path)
    found = compare(same, {**same, "frames_per_second": 1.0})
    assert found.facts == {}
    assert all(before == after for before, after in found.totals.values())
    assert {change.jf for change in found.objects.values()} == {0.0}


def test_objects_are_ordered_by_how_much_they_changed(tmp_path: Path) -> None:
    before, after = made_report(tmp_path), made_report(tmp_path, all_empty)
    found = compare(before, after)
    old = {(one["sequence"], str(one["object"])): one["JF"] for one in before["objects"]}
    assert sorted(old) == [("a", "1"), ("b", "1"), ("b", "2")]
    assert list(found.objects) == sorted(old, key=lambda key: -old[key])  # all fall to zero
    assert found.objects["b", "2"].jf == pytest.approx(-1.0, abs=SUMMATION)
    assert found.totals["JF"] == (before["JF"], 0.0)
    assert set(found.totals) == {"JF", "J_mean", "J_recall", "J_decay", "F_mean", "F_recall", "F_decay"}


def test_what_was_done_differently_is_named(tmp_path: Path) -> None:
    settings = {"memory": {"frames": 8, "policy": "gated"}, "size": [288, 512]}
    after = made_report(tmp_path, settings=settings, commit="4567", peak_memory_mib=1.0, data="/elsewhere")
    assert compare(made_report(tmp_path), after).facts == {
        "settings.memory.frames": (5, 8),
        "settings.weights": ("/home/somebody/best.safetensors", None),
        "settings.size": (None, [288, 512]),
        "commit": ("0123abcd", "4567"),
    }


@pytest.mark.parametrize(("name", "told"), [("dataset", "data sets"), ("split", "splits")])
def test_other_sets_and_splits_are_refused(tmp_path: Path, name: str, told: str) -> None:
    made = made_report(tmp_path)
    with pytest.raises(InputError, match=f"different {told}, .* and other: their scores do not compare"):
        compare(made, {**made, name: "other"}, common=True)


def test_other_sequences_are_refused_unless_the_common_ones_are_asked_for(tmp_path: Path) -> None:
    before = made_report(tmp_path)
    after = report(made_evaluation(tmp_path, all_empty, sequences=["b"]))
    with pytest.raises(InputError, match="different sequences: only one has a; ask for the common ones"):
        compare(before, after)
    found = compare(before, after, common=True)
    assert (found.left_out, sorted(found.objects)) == (["a"], [("b", "1"), ("b", "2")])
    assert found.totals["JF"] == pytest.approx((before["sequences"]["b"]["JF"], 0.0), abs=SUMMATION)


def test_sets_without_a_common_sequence_do_not_compare(tmp_path: Path) -> None:
    one, other = (report(made_evaluation(tmp_path, sequences=[name])) for name in ("a", "b"))
    with pytest.raises(InputError, match="no sequence in common"):
        compare(one, other, common=True)


def test_other_scored_frames_are_refused(tmp_path: Path) -> None:
    before = made_report(tmp_path)
    after = {**before, "objects": [{**one, "frames": 9} for one in before["objects"]]}
    with pytest.raises(InputError, match="scored frames of a sequence"):
        compare(before, after)


def test_a_report_is_read_from_its_folder_or_file(tmp_path: Path) -> None:
    made = made_report(tmp_path / "data")
    (tmp_path / "report.json").write_text(json.dumps(made))
    assert read_report(tmp_path) == read_report(tmp_path / "report.json") == made


@pytest.mark.parametrize(
    ("content", "message"), [("{", "cannot be read"), ("[]", "is no report"), ('{"JF": 1.0}', "has no F_mean, J_mean")]
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "report.json").write_text(content)
    with pytest.raises(InputError, match=message):
        read_report(tmp_path)


def test_a_folder_without_a_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"report\.json: cannot be read as a report"):
        read_report(tmp_path)
