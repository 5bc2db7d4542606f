import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.vos.datasets.made_davis import moving_square, square, write_davis, write_results
from tests.vos.datasets.made_sets import numbered, write_masks, write_mose, write_sa_v, write_youtube_vos
from tests.vos.evaluation.seen import Seen
from vos.errors import InputError, WorkError
from vos.evaluation import Evaluation, evaluate_results, evaluate_tracker, open_dataset
from vos.evaluation.submit import write_submission
from vos.settings import TrackerSettings, load_tracker

READOUT_WEIGHTS = Path(__file__).parents[3] / "seggpt_core" / "weights" / "readout.safetensors"


def settings(*, weights: Path | None = None) -> TrackerSettings:
    """The untrained readout at a tiny size; with its weights named it is no longer its own baseline."""
    return load_tracker("default", model="readout", weights=weights, size="48x64", device="cpu")


def evaluate(data: Path, out: Path, tracker: TrackerSettings, *, overwrite: bool = False) -> tuple[Evaluation, int]:
    """The evaluation of `data` as davis2017, and the number of frames that it tracked."""
    seen = Seen()
    dataset = open_dataset("davis2017", data)
    found = evaluate_tracker(dataset, tracker, out, baselines=True, overwrite=overwrite, progress=seen)
    assert isinstance(found, Evaluation)
    assert seen.done == seen.totals
    return found, seen.done["tracking"]


def test_a_run_writes_a_mask_for_every_frame_and_scores_them(tmp_path: Path) -> None:
    data = write_davis(tmp_path / "data", 2017, {"a": moving_square(5), "b": [square(4, 4)] * 4}, first_number=34)
    found, frames = evaluate(data, tmp_path / "out", settings())
    assert frames == 9
    masks = sorted(path.relative_to(tmp_path / "out/masks").as_posix() for path in tmp_path.glob("out/masks/*/*"))
    assert masks == [f"a/000{number}.png" for number in range(34, 39)] + [f"b/000{n}.png" for n in range(34, 38)]
    with PIL.Image.open(tmp_path / "out/masks/b/00034.png") as first:
        np.testing.assert_array_equal(np.asarray(first), square(4, 4))
    assert found.scores.sequences["b"].J_mean > 0.8  # it does not move
    assert set(found.speeds) == {"a", "b"}


def test_the_readout_is_its_own_baseline_and_runs_once(tmp_path: Path) -> None:
    data = write_davis(tmp_path / "data", 2017, {"a": moving_square(4)})
    found, frames = evaluate(data, tmp_path / "out", settings())
    assert frames == 4
    assert found.baselines["untrained_readout"] == found.scores
    assert not (tmp_path / "out/baselines").exists()


def test_other_weights_are_compared_with_a_run_of_the_readout(tmp_path: Path) -> None:
    data = write_davis(tmp_path / "data", 2017, {"a": moving_square(4)})
    found, frames = evaluate(data, tmp_path / "out", settings(weights=READOUT_WEIGHTS))
    assert frames == 8
    assert list(found.baselines) == ["all_empty", "first_mask_copied", "untrained_readout"]
    assert found.baselines["untrained_readout"] == found.scores  # the same weights under another name
    assert len(list((tmp_path / "out/baselines/untrained_readout/a").iterdir())) == 4
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert report["provenance"]["model"]["name"] == "readout"
    assert len(report["provenance"]["model"]["weights_sha256"]) == 64
    assert report["provenance"]["settings"]["size"] == [48, 64]
    assert {len(report["provenance"][name]) for name in ("data_sha256", "truth_sha256")} == {64}
    page = (tmp_path / "out/report.html").read_text()
    for told in ("baseline: untrained readout", "frames/s a worker", "Model readout, weights SHA-256", "48, 64"):
        assert told in page


def test_a_failure_names_its_sequence_and_keeps_finished_masks(tmp_path: Path) -> None:
    data = write_davis(tmp_path / "data", 2017, {"a": moving_square(4), "b": moving_square(4)})
    damaged = data / "JPEGImages/480p/b/00002.jpg"
    damaged.write_bytes(damaged.read_bytes()[:-300])
    with pytest.raises(WorkError, match=r"^b: .*00002.jpg.*all else is finished"):
        evaluate(data, tmp_path / "out", settings())
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert record["status"] == "failed"
    assert "00002.jpg" in record["error"]
    assert [name for name in record["outputs"] if name.startswith("masks/a/")] == [
        f"masks/a/0000{n}.png" for n in range(4)
    ]
    assert not (tmp_path / "out/report.json").exists()


def test_overwrite_deletes_what_the_old_run_wrote_and_nothing_else(tmp_path: Path) -> None:
    masks = {"a": moving_square(4), "b": moving_square(4)}
    data = write_davis(tmp_path / "data", 2017, masks)
    out = tmp_path / "out"
    evaluate(data, out, settings())
    (out / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds another run"):
        evaluate(data, out, settings(weights=READOUT_WEIGHTS))
    results = write_results(tmp_path / "results", masks)
    evaluate_results(open_dataset("davis2017", data, ["b"]), results, out, baselines=False, overwrite=True)
    reports = ["per_object.csv", "report.html", "report.json", "report.md"]
    assert sorted(path.name for path in out.iterdir()) == ["notes.txt", *reports, "run.json"]
    assert json.loads((out / "report.json").read_text())["JF"] == 1.0


def test_a_damaged_truth_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    data = write_davis(tmp_path / "data", 2017, {"a": moving_square(5)})
    (data / "Annotations/480p/a/00002.png").write_bytes(b"not a picture")
    with pytest.raises(InputError, match=r"a 00002: "):
        evaluate(data, tmp_path / "out", settings())
    assert not (tmp_path / "out").exists()


def test_given_results_bear_their_fingerprint_and_no_speed(tmp_path: Path) -> None:
    masks = {"a": moving_square(4)}
    dataset = open_dataset("davis2017", write_davis(tmp_path / "data", 2017, masks))
    results = write_results(tmp_path / "results", masks)
    evaluate_results(dataset, results, tmp_path / "out", baselines=True, overwrite=False)
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert report["JF"] == 1.0
    assert list(report["baselines"]) == ["all_empty", "first_mask_copied"]
    assert report["frames_per_second"] is None
    assert report["provenance"]["results"] == str(results)
    assert len(report["provenance"]["results_sha256"]) == 64


def test_a_set_without_truth_is_tracked_and_not_scored(tmp_path: Path) -> None:
    frames = {"a": numbered([square(4, 4)] * 4)}
    data = write_mose(tmp_path / "data", frames, {"a": numbered([square(4, 4)])})
    dataset = open_dataset("mosev1", data)
    found = evaluate_tracker(dataset, settings(), tmp_path / "out", baselines=True, overwrite=False)
    assert not isinstance(found, Evaluation)
    assert len(list((tmp_path / "out/masks/a").glob("*.png"))) == 4
    assert not (tmp_path / "out/baselines").exists()
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert (report["scored"], report["dataset"], "JF" in report) == (False, "mosev1", False)
    assert report["sequences"]["a"]["frames_per_second"] > 0
    with pytest.raises(InputError, match=r"mosev1 val: the true masks of a are not in .*; `vos submit` packs masks"):
        evaluate_results(dataset, tmp_path / "out/masks", tmp_path / "scores", baselines=True, overwrite=False)


def test_only_given_masks_are_needed_to_track_what_a_server_scores(tmp_path: Path) -> None:
    """As YouTube-VOS unpacks: a description lists the scored frames, whose masks are the server's."""
    masks = numbered([square(4, 4)] * 6)
    objects = {"a": {"1": {"category": "dog", "frames": ["00000", "00005"]}}}
    data = write_youtube_vos(tmp_path / "data", {"a": masks}, {"a": {"00000": square(4, 4)}}, objects)
    dataset = open_dataset("youtubevos2018", data)
    evaluate_tracker(dataset, settings(), tmp_path / "out", baselines=True, overwrite=False)
    assert len(list((tmp_path / "out/masks/a").glob("*.png"))) == 6
    zipped = write_submission(dataset, tmp_path / "out/masks", tmp_path / "out.zip")
    assert (zipped.masks, zipped.served) == (2, True)


def test_an_object_that_comes_late_has_empty_masks_before(tmp_path: Path) -> None:
    """No object is there in the first frames: tracking begins with the first mask that is given."""
    gone, there = np.zeros_like(square(4, 4)), square(4, 4, object_id=7)
    listed = {"00002": there, "00004": there}
    objects = {"a": {"7": {"category": "dog", "frames": list(listed)}}}
    data = write_youtube_vos(tmp_path / "data", {"a": numbered([gone] * 2 + [there] * 3)}, {"a": listed}, objects)
    dataset = open_dataset("youtubevos2018", data)
    found = evaluate_tracker(dataset, settings(), tmp_path / "out", baselines=False, overwrite=False)
    assert isinstance(found, Evaluation)
    assert found.scores.totals.J_mean > 0.8  # it does not move
    masks = [np.asarray(PIL.Image.open(tmp_path / f"out/masks/a/0000{n}.png")) for n in range(5)]
    assert [int(mask.max()) for mask in masks] == [0, 0, 7, 7, 7]
    np.testing.assert_array_equal(masks[2], there)


def test_objects_with_masks_of_their_own_are_tracked_apart_and_may_overlap(tmp_path: Path) -> None:
    whole, part = square(2, 2, side=14), square(4, 4, side=6)
    own = {"000": numbered([whole] * 3, step=2), "001": numbered([part] * 3, step=2)}
    data = write_sa_v(tmp_path / "data", {"v": numbered([whole] * 5)}, {"v": own})
    out = tmp_path / "out"
    found = evaluate_tracker(open_dataset("sav", data), settings(), out, baselines=True, overwrite=False)
    assert isinstance(found, Evaluation)
    assert [(one.object, one.frames) for one in found.scores.objects] == [("000", 1), ("001", 1)]
    assert len(list((out / "masks/v/000").glob("*.png"))) == len(list((out / "masks/v/001").glob("*.png"))) == 5
    assert found.speeds["v"].frames == 5
    first = [np.asarray(PIL.Image.open(out / f"masks/v/{one}/00000.png")) for one in ("000", "001")]
    assert (first[0][5, 5], first[1][5, 5]) == (1, 1)
    assert "<td>001</td>" in (out / "report.html").read_text()
    seen = Seen()
    again = evaluate_tracker(open_dataset("sav", data), settings(), out, baselines=True, overwrite=False, progress=seen)
    assert seen.done["tracking"] == 0
    assert isinstance(again, Evaluation)
    assert again.scores == found.scores


def test_missing_masks_count_as_empty_where_that_is_allowed_and_the_report_says_so(tmp_path: Path) -> None:
    masks = {"a": [square(4, 4)] * 4, "b": [square(4, 4)] * 4}
    dataset = open_dataset("davis2017", write_davis(tmp_path / "data", 2017, masks))
    results = write_results(tmp_path / "results", {"a": masks["a"]})
    (results / "a/00002.png").unlink()
    with pytest.raises(InputError) as refused:
        evaluate_results(dataset, results, tmp_path / "out", baselines=False, overwrite=False)
    lines = [line.strip().partition(":")[0] for line in str(refused.value).splitlines()[1:]]
    assert lines == ["b", "a 00002"]
    assert not (tmp_path / "out").exists()
    found = evaluate_results(dataset, results, tmp_path / "out", baselines=False, overwrite=False, allow_missing=True)
    assert found.scores.totals.J_mean == 1 / 4
    report = json.loads((tmp_path / "out/report.json").read_text())
    missing = ["a/00002.png", "b/00001.png", "b/00002.png"]
    assert report["provenance"]["missing_masks"] == missing
    assert report["notes"] == [f"3 masks are missing and count as empty: {', '.join(missing)}."]
    assert "3 masks are missing and count as empty" in (tmp_path / "out/report.md").read_text()


def test_missing_and_damaged_masks_are_told_together(tmp_path: Path) -> None:
    masks = {"a": [square(4, 4)] * 5, "b": [square(4, 4)] * 4}
    dataset = open_dataset("davis2017", write_davis(tmp_path / "data", 2017, masks))
    results = write_results(tmp_path / "results", masks)
    (results / "a/00001.png").unlink()
    (results / "a/00002.png").write_bytes((results / "a/00002.png").read_bytes()[:60])
    (results / "b/00077.png").write_bytes((results / "b/00001.png").read_bytes())
    with pytest.raises(InputError) as refused:
        evaluate_results(dataset, results, tmp_path / "out", baselines=False, overwrite=False)
    lines = [line.strip().partition(":")[0] for line in str(refused.value).splitlines()[1:]]
    assert lines == ["b 00077", "a 00001", "a 00002"]


def test_a_folder_that_is_missing_is_told_once(tmp_path: Path) -> None:
    """A sequence or, where each has a folder, an object: not each of its masks. Hidden files are let be."""
    own = {one: numbered([square(2, 2)] * 4, step=4) for one in ("000", "001")}
    frames = numbered([square(2, 2)] * 13)
    data = write_sa_v(tmp_path / "data", {"v": frames, "w": frames}, {"v": own, "w": own})
    write_masks(tmp_path / "results/v/000", {"00004": square(2, 2), "00077": square(2, 2), "._00004": square(2, 2)})
    with pytest.raises(InputError) as refused:
        evaluate_results(
            open_dataset("sav", data), tmp_path / "results", tmp_path / "out", baselines=True, overwrite=False
        )
    lines = [line.strip().partition(":")[0] for line in str(refused.value).splitlines()[1:]]
    assert lines == ["v 001", "v 000 00077", "w", "v 000 00008"]
