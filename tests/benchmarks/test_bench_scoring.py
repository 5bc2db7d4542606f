"""The set that is scored is what it says, and two scorings that differ are not timed."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from benchmarks import bench_scoring
from benchmarks.scoring_case import ObjectMeans, score_ours
from benchmarks.scoring_set import ANNOTATIONS, HEIGHT, WIDTH, UnfitTruth, make_set
from tests.vos.datasets.made_davis import moving_square, square, write_davis, write_results

ONE = ObjectMeans(sequence="a-0", object_id=1, j=0.5, f=0.25)
OTHER = ObjectMeans(sequence="a-0", object_id=2, j=0.75, f=1.0)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two sequences: one and two objects, of 32x24 pixels."""
    two = [mask | square(0, 20, object_id=3) for mask in moving_square(5)]
    return write_davis(tmp_path / "source", 2017, {"a": moving_square(4), "b": two})


def test_sequences_are_repeated_at_480p_until_there_are_enough(source: Path, tmp_path: Path) -> None:
    made = make_set(source, None, tmp_path, sequences=3)
    assert (made.sequences, made.frames) == (3, 2 + 3 + 2)
    for folder in (made.root / ANNOTATIONS, made.results):
        masks = sorted(folder.glob("*/*.png"))
        assert [str(mask.relative_to(folder)) for mask in masks[:4]] == [f"a-0/{number:05d}.png" for number in range(4)]
        assert len(masks) == 4 + 4 + 5
        assert {_ids(mask).shape for mask in masks} == {(HEIGHT, WIDTH)}
    assert set(np.unique(_ids(made.root / ANNOTATIONS / "b-0/00003.png"))) == {0, 1, 3}
    assert set(np.unique(_ids(made.results / "b-0/00003.png"))) == {0, 1, 3}


def test_given_results_are_taken_as_they_are(source: Path, tmp_path: Path) -> None:
    given = write_results(tmp_path / "given", {"b": [np.zeros((HEIGHT, WIDTH), dtype=np.uint8)] * 5})
    made = make_set(source, given, tmp_path, sequences=2)
    assert not _ids(made.results / "b-0/00002.png").any()
    assert _ids(made.results / "a-0/00002.png").any()


def test_truth_with_void_is_refused(tmp_path: Path) -> None:
    source = write_davis(tmp_path / "source", 2017, {"a": [square(8, 4), square(8, 4, object_id=255), square(8, 4)]})
    with pytest.raises(UnfitTruth, match=r"00001\.png: holds 255"):
        make_set(source, None, tmp_path, sequences=1)


def test_the_set_is_scored_in_worker_processes(source: Path, tmp_path: Path) -> None:
    outcome = score_ours(*_folders(source, tmp_path), processes=2)
    assert [(one.sequence, one.object_id) for one in outcome.objects] == [
        ("a-0", 1),
        ("b-0", 1),
        ("b-0", 2),
        ("b-0", 3),
    ]
    assert 0.5 < outcome.objects[0].j < 1.0
    assert outcome.objects[2].j == 1.0  # neither map holds an object 2
    assert 1 < outcome.peak_memory_mib < 1024


def test_the_largest_difference_is_told() -> None:
    moved = replace(OTHER, f=OTHER.f - 1e-10)
    assert bench_scoring.largest_difference([ONE, OTHER], [moved, ONE]) == pytest.approx(1e-10, rel=1e-5)


@pytest.mark.parametrize("theirs", [[ONE], [ONE, replace(OTHER, j=0.7500001)], [ONE, replace(OTHER, j=float("nan"))]])
def test_a_scoring_that_differs_is_not_timed(theirs: list[ObjectMeans]) -> None:
    with pytest.raises(bench_scoring.WrongOutput):
        bench_scoring.largest_difference([ONE, OTHER], theirs)


def test_both_programs_agree(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("vos_benchmark", reason="see benchmarks/bench_scoring.py for how it is installed")
    bench_scoring.main(["--data", str(source), "--sequences", "1", "--processes", "1", "--rounds", "1"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["largest_difference"] <= bench_scoring.MOST
    assert result["times_faster"] > 0


def _folders(source: Path, tmp_path: Path) -> tuple[Path, Path]:
    made = make_set(source, None, tmp_path, sequences=2)
    return made.root, made.results


def _ids(path: Path) -> np.ndarray:
    with PIL.Image.open(path) as picture:
        return np.array(picture)
