import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.vos.datasets.made_davis import moving_square, square, write_davis, write_results
from tests.vos.evaluation.seen import Seen
from vos.errors import InputError, WorkError
from vos.evaluation import Evaluation, evaluate_results, evaluate_tracker, open_dataset
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
