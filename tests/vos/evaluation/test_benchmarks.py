"""Each benchmark's rules on a small tree in its official layout, with scores worked out by hand.

Objects are 6-pixel squares; moved sideways by d pixels, one shares 6 − d of 6 + d columns, so that J is that fraction.
In pictures of 24 by 32 pixels boundaries match at one pixel (0.32 rounded up).
"""

from pathlib import Path

import numpy as np
import pytest

from tests.tolerances import SUMMATION
from tests.vos.datasets.made_davis import square, write_png
from tests.vos.datasets.made_sets import (
    Masks,
    frame_range,
    numbered,
    without,
    write_lvos,
    write_masks,
    write_mose,
    write_sa_v,
    write_vost,
    write_youtube_vos,
)
from tests.vos.metrics import plain
from vos.errors import InputError
from vos.evaluation import Scores, open_dataset, score_dataset
from vos.evaluation.predictions import all_empty, results_in
from vos.types import LabelMap

ONE = square(2, 2)
TWO = square(14, 2, object_id=7)
BOTH = ONE + TWO
GONE = np.zeros_like(ONE)
MOVED = {d: square(2, 2 + d) for d in range(7)}
"""Object 1, d pixels to the right."""


def test_mose_v1_is_scored_as_davis(tmp_path: Path) -> None:
    data = write_mose(tmp_path / "data", {"a": numbered([ONE] * 4)})
    scores = _score("mosev1", data, tmp_path / "results", {"a": numbered([GONE, MOVED[2], ONE, GONE])})
    assert _figures(scores, "J_mean") == pytest.approx({"J_mean": (4 / 8 + 1) / 2}, abs=SUMMATION)


def test_mose_v2_adds_one_to_both_areas_and_splits_where_objects_leave(tmp_path: Path) -> None:
    """Truth: there, there, gone, gone, back, there. Painted: right, lost, gone, painted all the same, right."""
    one, moved, gone = _large(2), _large(4), np.zeros((96, 128), dtype=np.uint8)
    truth = [one, one, one, gone, gone, one, one, one]
    painted = [one, one, gone, gone, one, one, moved, one]
    data = write_mose(tmp_path / "data", {"a": numbered(truth)})
    scores = _score("mosev2", data, tmp_path / "results", {"a": numbered(painted)})
    j = [1, 1 / 37, 1, 1 / 37, 1, (24 + 1) / (48 + 1)]
    f = [1, 0, 1, 0, 1, plain.f_measure(one > 0, moved > 0, 1)]
    expected = {
        "J_mean": np.mean(j),
        "F_mean": np.mean(f),
        "JF": (np.mean(j) + np.mean(f)) / 2,
        "JF_disappear": (np.mean(j[2:4]) + np.mean(f[2:4])) / 2,
        "JF_reappear": (np.mean(j[4:]) + np.mean(f[4:])) / 2,
    }
    assert _figures(scores, *expected) == pytest.approx(expected, abs=SUMMATION)


def test_mose_v2_counts_frames_before_an_object_comes_and_drops_other_ids(tmp_path: Path) -> None:
    one = _large(2)
    both = one + _large(30, object_id=7)
    data = write_mose(tmp_path / "data", {"a": numbered([one, one, both, both])})
    painted = one + _large(60, object_id=99)
    scores = _score("mosev2", data, tmp_path / "results", {"a": numbered([painted] * 4)})
    first, seven = scores.objects
    assert (first.object, first.j.mean, first.f.mean) == ("1", 1.0, 1.0)
    assert (seven.object, seven.frames) == ("7", 2)
    assert seven.j.mean == pytest.approx((1 + 1 / 37) / 2, abs=SUMMATION)
    assert seven.extras["JF_reappear"] == pytest.approx((1 / 37 + 0) / 2, abs=SUMMATION)
    assert "JF_disappear" not in seven.extras


def test_youtube_vos_averages_over_seen_and_unseen_from_the_frame_after_each_first_one(tmp_path: Path) -> None:
    """Seen: 1 is half off in one of three frames, 2 is never painted. Unseen: 7 comes late and is right."""
    three = BOTH + square(2, 20, object_id=2)
    truth = {f"{5 * i:05d}": three if i >= 2 else without(three, 7) for i in range(4)}
    listed = list(truth)
    objects = {
        "a": {
            "1": {"category": "dog", "frames": listed},
            "2": {"category": "cat", "frames": listed[:2]},
            "7": {"category": "unheard_of", "frames": listed[2:]},
        }
    }
    data = write_youtube_vos(tmp_path / "data", {"a": numbered([three] * 16)}, {"a": truth}, objects)
    painted = {**dict.fromkeys(listed, ONE + TWO), "00010": MOVED[2] + TWO}
    scores = _score("youtubevos2019", data, tmp_path / "results", {"a": painted})
    assert [(one.object, one.frames, one.group) for one in scores.objects] == [
        ("1", 3, "seen"),
        ("2", 1, "seen"),
        ("7", 1, "unseen"),
    ]
    f = plain.f_measure(MOVED[2] > 0, ONE > 0, 1)
    expected = {
        "J_seen": ((1 + 4 / 8 + 1) / 3 + 0) / 2,
        "F_seen": ((1 + f + 1) / 3 + 0) / 2,
        "J_unseen": 1.0,
        "F_unseen": 1.0,
    }
    expected["JF"] = sum(expected.values()) / 4
    assert _figures(scores, *expected) == pytest.approx(expected, abs=SUMMATION)


def test_youtube_vos_refuses_an_id_between_those_of_objects(tmp_path: Path) -> None:
    objects = {"a": {one: {"category": "dog", "frames": ["00000", "00005"]} for one in ("1", "7")}}
    truth = numbered([BOTH] * 2, step=5)
    data = write_youtube_vos(tmp_path / "data", {"a": numbered([BOTH] * 6)}, {"a": truth}, objects)
    with pytest.raises(InputError, match=r"a 00005: .*holds id 3, but the sequence's objects are 1, 7"):
        _score("youtubevos2018", data, tmp_path / "results", {"a": {"00005": square(2, 2, object_id=3)}})


def test_lvos_averages_over_seen_and_unseen_sequences(tmp_path: Path) -> None:
    """Of 21 frames those numbered 6, 11 and 16 count; `V` is a deviation whose square is rounded to four decimals."""
    names = ("R3UJGYwy", "seen1", "seen2")
    frames = {name: numbered([ONE] * 21, first=1, digits=8) for name in names}
    objects = {name: {"1": frame_range(1, 21, 5)} for name in names}
    data = write_lvos(tmp_path / "data", frames, objects)
    painted = {
        "R3UJGYwy": numbered([ONE, GONE, ONE], first=6, step=5, digits=8),
        "seen1": numbered([ONE] * 3, first=6, step=5, digits=8),
        "seen2": numbered([GONE + square(20, 20, object_id=9)] * 3, first=6, step=5, digits=8),
    }
    scores = _score("lvosv2", data, tmp_path / "results", painted)
    expected = {"J_seen": 0.5, "F_seen": 0.5, "J_unseen": 2 / 3, "F_unseen": 2 / 3, "JF": (0.5 + 2 / 3) / 2}
    expected |= {"V_seen": 0.0, "V_unseen": np.sqrt(0.2222), "V": np.sqrt(0.2222) / 2}
    assert _figures(scores, *expected) == pytest.approx(expected, abs=SUMMATION)


def test_sa_v_scores_overlapping_objects_from_their_own_folders(tmp_path: Path) -> None:
    """Masks 4, 8 and 12 of five count. Object 001 lies inside 000, which costs neither."""
    whole, part = square(2, 2, side=12), square(2, 2)
    frames = {"v": numbered([whole] * 17)}
    objects = {"v": {"000": numbered([whole] * 5, step=4), "001": numbered([part] * 5, step=4)}}
    data = write_sa_v(tmp_path / "data", frames, objects)
    results = tmp_path / "results"
    write_masks(results / "v/000", numbered([whole] * 5, step=4))
    write_masks(results / "v/001", numbered([GONE, part, MOVED[2], GONE, GONE], step=4))
    scores = score_dataset(open_dataset("sav", data), results_in(results))
    f = plain.f_measure(MOVED[2] > 0, part > 0, 1)
    assert [(one.object, one.frames) for one in scores.objects] == [("000", 3), ("001", 3)]
    expected = {"J_mean": (1 + (1 + 4 / 8 + 0) / 3) / 2, "F_mean": (1 + (1 + f + 0) / 3) / 2}
    assert _figures(scores, *expected) == pytest.approx(expected, abs=SUMMATION)


def test_sa_v_does_not_count_frames_before_anything_is_seen(tmp_path: Path) -> None:
    """The official code learns of an object when truth or prediction shows it: empty frames before count nowhere."""
    truth = numbered([ONE, GONE, GONE, ONE, ONE], step=4)
    data = write_sa_v(tmp_path / "data", {"v": numbered([ONE] * 17)}, {"v": {"000": truth}})
    dataset = open_dataset("sav", data)
    (unseen,) = score_dataset(dataset, all_empty).objects
    assert (unseen.frames, unseen.j.mean) == (1, 0.0)
    write_masks(tmp_path / "results/v/000", numbered([GONE, ONE, GONE, ONE, GONE], step=4))
    (seen,) = score_dataset(dataset, results_in(tmp_path / "results")).objects
    assert (seen.frames, seen.j.mean) == (3, pytest.approx(2 / 3, abs=SUMMATION))


def test_sa_v_leaves_out_an_object_that_counted_frames_never_show(tmp_path: Path) -> None:
    truth = {"000": numbered([ONE] * 3, step=4), "001": numbered([ONE, GONE, ONE], step=4)}
    data = write_sa_v(tmp_path / "data", {"v": numbered([ONE] * 9)}, {"v": truth})
    scores = score_dataset(open_dataset("sav", data), all_empty)
    assert [one.object for one in scores.objects] == ["000"]


def test_vost_scores_region_alone_and_the_last_quarter_apart(tmp_path: Path) -> None:
    """Of ten masks eight count, and of these the last two; an id above the first mask's is dropped."""
    masks = numbered([ONE] * 10, step=2)
    data = write_vost(tmp_path / "data", {"a": numbered([ONE] * 19)}, {"a": masks})
    painted = [ONE] * 7 + [MOVED[2] + square(14, 14, object_id=200), GONE, GONE]
    scores = _score("vost", data, tmp_path / "results", {"a": numbered(painted, step=2)})
    expected = {"J_mean": (6 + 4 / 8) / 8, "J_last_mean": (4 / 8 + 0) / 2, "J_last_recall": 0.0, "J_last_decay": 0.5}
    assert _figures(scores, *expected) == pytest.approx(expected, abs=SUMMATION)


def test_every_mask_of_a_layer_that_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    truth = {one: numbered([ONE] * 4, step=4) for one in ("000", "001")}
    data = write_sa_v(tmp_path / "data", {"v": numbered([ONE] * 13)}, {"v": truth})
    results = tmp_path / "results"
    write_masks(results / "v/000", numbered([ONE], first=4))
    write_png(results / "v/001/00004.png", BOTH)
    write_png(results / "v/001/00008.png", np.zeros((3, 3), dtype=np.uint8))
    with pytest.raises(InputError) as refused:
        score_dataset(open_dataset("sav", data), results_in(results))
    lines = [line.strip().partition(":")[0] for line in str(refused.value).splitlines()[1:]]
    assert lines == ["v 000 00008", "v 001 00004", "v 001 00008"]


def _large(left: int, *, object_id: int = 1) -> LabelMap:
    """In a picture whose diagonal allows for more than the one pixel that MOSE v2 allows so small an object."""
    return square(2, left, object_id=object_id, size=(96, 128))


def _score(name: str, data: Path, results: Path, painted: dict[str, Masks]) -> Scores:
    for sequence, masks in painted.items():
        write_masks(results / sequence, masks)
    return score_dataset(open_dataset(name, data), results_in(results))


def _figures(scores: Scores, *names: str) -> dict[str, float]:
    figures = scores.totals.figures
    return {name: figures[name] for name in names}
