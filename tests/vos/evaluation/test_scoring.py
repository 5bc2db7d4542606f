import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Require
from tests.tolerances import OFFICIAL_SCORES
from tests.vos.datasets.made_davis import moving_square, square, write_davis, write_png, write_results
from vos.errors import InputError
from vos.evaluation.plan import open_dataset
from vos.evaluation.predictions import all_empty, fingerprint, first_mask_copied, listed_problems, results_in
from vos.evaluation.scoring import score_dataset

GOLDEN = Path(__file__).parents[2] / "golden" / "davis2017_osvos_official_scores.json"


def test_osvos_scores_what_the_official_tool_gives(require: Require) -> None:
    data = require("data")
    golden = json.loads(GOLDEN.read_text())
    names = list(golden["J"]["per_object"])
    wanted = list(dict.fromkeys(name.rpartition("_")[0] for name in names))
    dataset = open_dataset("davis2017", data / "davis2017", wanted)
    scores = score_dataset(dataset, results_in(data / "davis2017_results" / "osvos"))

    assert [f"{score.sequence}_{score.object}" for score in scores.objects] == names
    for measure, summaries in (("J", [s.j for s in scores.objects]), ("F", [s.f for s in scores.objects])):
        for figure in ("mean", "recall", "decay"):
            found = [getattr(summary, figure) for summary in summaries]
            assert found == pytest.approx(golden[measure][figure], abs=OFFICIAL_SCORES)
    for name in ("JF", "J_mean", "J_recall", "J_decay", "F_mean", "F_recall", "F_decay"):
        assert getattr(scores.totals, name) == pytest.approx(golden[name], abs=OFFICIAL_SCORES)


def test_the_worst_frame_is_the_first_with_the_lowest_score(tmp_path: Path) -> None:
    truth = [square(8, 4)] * 6
    dataset = open_dataset("davis2017", write_davis(tmp_path / "data", 2017, {"a": truth}))
    masks = [square(8, left) for left in (20, 4, 6, 20, 20, 20)]
    scores = score_dataset(dataset, results_in(write_results(tmp_path / "results", {"a": masks})))
    worst = scores.objects[0].worst
    assert (worst.position, worst.j, worst.jf) == (3, 0.0, 0.0)


def test_the_truth_scores_one_everywhere(tmp_path: Path) -> None:
    masks = {"a": moving_square(6), "b": moving_square(4)}
    dataset = open_dataset("davis2017", write_davis(tmp_path / "data", 2017, masks))
    totals = score_dataset(dataset, results_in(write_results(tmp_path / "results", masks))).totals
    assert (totals.JF, totals.J_recall, totals.F_recall, totals.J_decay) == (1.0, 1.0, 1.0, 0.0)


def test_only_the_frames_between_the_first_and_the_last_count(tmp_path: Path) -> None:
    masks = moving_square(4)
    dataset = open_dataset("davis2017", write_davis(tmp_path / "data", 2017, {"a": masks}))
    empty = np.zeros_like(masks[0])
    results = write_results(tmp_path / "results", {"a": [empty, masks[1], masks[2], empty]})
    (results / "a" / "00000.png").unlink()
    assert score_dataset(dataset, results_in(results)).totals.JF == 1.0


def test_a_missing_object_and_void_score_as_background(tmp_path: Path) -> None:
    """Object 2 is never predicted; where the truth is void, painting object 1 costs."""
    truth = square(2, 2) + square(2, 20, object_id=2)
    truth[14:20, 2:8] = 255
    predicted = square(2, 2)
    predicted[14:20, 2:8] = 1
    dataset = open_dataset("davis2017", write_davis(tmp_path / "data", 2017, {"a": [truth] * 3}))
    first, second = score_dataset(dataset, results_in(write_results(tmp_path / "r", {"a": [predicted] * 3}))).objects
    assert first.j.mean == 0.5
    assert (second.j.mean, second.f.mean, second.jf) == (0.0, 0.0, 0.0)


def test_copying_the_first_mask_follows_the_overlap(tmp_path: Path) -> None:
    """A 6-pixel square that moves by 2 pixels a frame: overlaps of 4/8, 2/10 of the columns, then none."""
    dataset = open_dataset("davis2016", write_davis(tmp_path, 2016, {"a": moving_square(5)}))
    totals = score_dataset(dataset, first_mask_copied).totals
    assert totals.J_mean == pytest.approx((4 / 8 + 2 / 10 + 0) / 3, abs=OFFICIAL_SCORES)


def test_an_object_that_comes_later_is_scored_and_copied_from_there(tmp_path: Path) -> None:
    """Object 2 comes in frame 2 and stays; it counts in frames 3 and 4 alone, object 1 in all but first and last."""
    both = square(2, 2) + square(14, 14, object_id=2)
    masks = [both, square(2, 2), both, both, square(2, 2)]
    dataset = open_dataset("davis2017", write_davis(tmp_path, 2017, {"a": masks}))
    (sequence,) = dataset.sequences
    (layer,) = sequence.layers
    one, two = layer.objects
    late = replace(sequence, layers=(replace(layer, objects=(one, replace(two, prompt=2, scored=(3, 4)))),))
    first, second = score_dataset(replace(dataset, sequences=(late,)), first_mask_copied).objects
    assert (first.frames, first.j.mean) == (3, 1.0)
    assert (second.frames, second.j.mean) == (2, 0.5)


def test_all_empty_scores_where_the_object_is_gone(tmp_path: Path) -> None:
    gone = np.zeros((24, 32), dtype=np.uint8)
    masks = {"a": [square(2, 2), gone, square(2, 2), gone, gone]}
    dataset = open_dataset("davis2017", write_davis(tmp_path, 2017, masks))
    jf = score_dataset(dataset, all_empty).totals.JF
    assert jf == pytest.approx(2 / 3, abs=OFFICIAL_SCORES)


def test_objects_that_share_a_sequence_are_also_averaged_apart(tmp_path: Path) -> None:
    two = [square(2, 2 + i) + square(14, 2, object_id=2) for i in range(5)]
    dataset = open_dataset("davis2017", write_davis(tmp_path, 2017, {"a": moving_square(5), "b": two}))
    scores = score_dataset(dataset, first_mask_copied)
    assert [(score.sequence, score.object) for score in scores.objects] == [("a", "1"), ("b", "1"), ("b", "2")]
    assert scores.multi_object is not None
    assert [score.sequence for score in scores.multi_object.objects] == ["b", "b"]
    assert scores.multi_object.totals == scores.sequences["b"]
    single = open_dataset("davis2017", tmp_path, ["a"])
    assert score_dataset(single, first_mask_copied).multi_object is None


def test_everything_that_is_wrong_with_results_is_in_one_report(tmp_path: Path) -> None:
    masks = {"a": moving_square(7), "b": moving_square(4)}
    dataset = open_dataset("davis2017", write_davis(tmp_path / "data", 2017, masks))
    results = write_results(tmp_path / "results", masks)
    (results / "a" / "00001.png").unlink()
    write_png(results / "a" / "00002.png", square(3, 3, object_id=2))
    write_png(results / "a" / "00003.png", np.zeros((10, 10), dtype=np.uint8))
    write_png(results / "b" / "00001.png", np.zeros((24, 32, 3), dtype=np.uint8), indexed=False)
    with pytest.raises(InputError) as refused:
        score_dataset(dataset, results_in(results))
    lines = str(refused.value).splitlines()
    assert lines[0] == "scoring davis2017: 4 problems:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["a 00001", "a 00002", "a 00003", "b 00001"]
    assert "holds id 2, but the sequence's highest is 1" in lines[2]


def test_results_of_another_set_are_refused(tmp_path: Path) -> None:
    masks = {"a": moving_square(4), "b": moving_square(4)}
    dataset = open_dataset("davis2017", write_davis(tmp_path / "data", 2017, masks))
    results = write_results(tmp_path / "results", {"a": moving_square(6)})
    found = listed_problems(dataset, results).found
    assert [problem.partition(":")[0] for problem in found] == ["a 00004", "a 00005", "b"]
    with pytest.raises(InputError, match="holds no folder of any sequence of davis2017"):
        listed_problems(dataset, tmp_path / "data")


def test_the_fingerprint_follows_the_scored_masks_only(tmp_path: Path) -> None:
    masks = {"a": moving_square(4)}
    dataset = open_dataset("davis2017", write_davis(tmp_path / "data", 2017, masks))
    results = write_results(tmp_path / "results", masks)
    before = fingerprint(dataset, results)
    write_png(results / "a" / "00000.png", square(0, 0))
    assert fingerprint(dataset, results) == before
    write_png(results / "a" / "00001.png", square(0, 0))
    assert fingerprint(dataset, results) != before


def test_an_unknown_data_set_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="davis2016, davis2017"):
        open_dataset("davis2018", tmp_path)
