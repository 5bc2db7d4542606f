import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.vos.datasets.made_davis import moving_square, square, write_davis, write_png, write_results
from vos.datasets import Dataset, ManyProblems
from vos.errors import InputError
from vos.evaluation import open_dataset
from vos.evaluation.submit import required_masks, write_submission
from vos.io import DAVIS_PALETTE

MASKS = {"a": moving_square(4), "b": [square(2, 2) + square(14, 2, object_id=2)] * 3}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return open_dataset("davis2017", write_davis(tmp_path / "data", 2017, MASKS))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return write_results(tmp_path / "results", MASKS)


def contents(path: Path) -> dict[str, PIL.Image.Image]:
    with zipfile.ZipFile(path) as archive:
        return {name: PIL.Image.open(io.BytesIO(archive.read(name))) for name in archive.namelist()}


def test_every_frame_lies_in_its_sequences_folder_at_the_root(dataset: Dataset, results: Path, tmp_path: Path) -> None:
    written = write_submission(dataset, results, tmp_path / "out.zip")
    found = contents(tmp_path / "out.zip")
    expected = [f"a/0000{n}.png" for n in range(4)] + [f"b/0000{n}.png" for n in range(3)]
    assert list(found) == expected
    assert (written.sequences, written.masks, required_masks(dataset)) == (2, 7, 7)
    assert not written.served
    for name, picture in found.items():
        sequence, number = name[0], int(name[2:7])
        assert picture.mode == "P"
        assert picture.getpalette() == DAVIS_PALETTE.ravel().tolist()
        np.testing.assert_array_equal(np.asarray(picture), MASKS[sequence][number])


@pytest.mark.parametrize("name", ["youtubevos2018", "youtubevos2019", "lvosv1", "lvosv2"])
def test_servers_with_a_top_folder_get_required_frames_below_it(
    dataset: Dataset, results: Path, tmp_path: Path, name: str
) -> None:
    a, b = dataset.sequences
    sparse = replace(dataset, name=name, sequences=(replace(a, required=(0, 2)), replace(b, required=(1,))))
    write_submission(sparse, results, tmp_path / "out.zip")
    assert list(contents(tmp_path / "out.zip")) == [
        f"Annotations/{mask}.png" for mask in ("a/00000", "a/00002", "b/00001")
    ]


def test_a_set_whose_truth_a_server_keeps_is_known(dataset: Dataset, results: Path, tmp_path: Path) -> None:
    hidden = replace(dataset, split="test-dev")
    assert write_submission(hidden, results, tmp_path / "out.zip").served


@pytest.mark.parametrize("name", ["mosev1", "mosev2", "vost"])
def test_other_servers_get_sequences_at_the_root(dataset: Dataset, results: Path, tmp_path: Path, name: str) -> None:
    write_submission(replace(dataset, name=name), results, tmp_path / "out.zip")
    assert {mask.partition("/")[0] for mask in contents(tmp_path / "out.zip")} == {"a", "b"}


def test_a_foreground_mask_is_black_and_white(tmp_path: Path) -> None:
    dataset = open_dataset("davis2016", write_davis(tmp_path / "data", 2016, {"a": moving_square(4)}))
    results = write_results(tmp_path / "results", {"a": moving_square(4)})
    write_submission(dataset, results, tmp_path / "out.zip")
    picture = contents(tmp_path / "out.zip")["a/00001.png"]
    assert picture.mode == "L"
    np.testing.assert_array_equal(np.asarray(picture), moving_square(4)[1] * 255)


def test_the_same_masks_give_the_same_bytes(dataset: Dataset, results: Path, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        write_submission(dataset, results, tmp_path / name)
    for path in results.rglob("*.png"):
        path.touch()
        picture = PIL.Image.open(path)
        picture.putpalette([9, 9, 9] * 256)
        picture.save(path, compress_level=1)
    write_submission(dataset, results, tmp_path / "three.zip")
    digests = {hashlib.sha256((tmp_path / f"{name}.zip").read_bytes()).digest() for name in ("one", "two", "three")}
    assert len(digests) == 1


def test_all_problems_are_told_at_once_and_nothing_is_written(dataset: Dataset, results: Path, tmp_path: Path) -> None:
    (results / "a/00001.png").unlink()
    (results / "a/00002.png").write_bytes((results / "a/00002.png").read_bytes()[:60])
    write_png(results / "a/00003.png", square(2, 2, object_id=9))
    write_png(results / "b/00000.png", square(2, 2, size=(12, 16)))
    PIL.Image.new("RGB", (32, 24)).save(results / "b/00001.png")
    write_png(results / "b/00077.png", square(2, 2))
    write_png(results / "other/00000.png", square(2, 2))
    with pytest.raises(ManyProblems) as refused:
        write_submission(dataset, results, tmp_path / "out.zip")
    told = [(problem.partition(":")[0], problem) for problem in refused.value.problems]
    assert sorted(where for where, _ in told) == [
        *("a 00001", "a 00002", "a 00003", "b 00000", "b 00001", "b 00077", "other")
    ]
    words = {
        "a 00001": "no such file",
        "a 00002": "cannot be read",
        "a 00003": "holds id 9",
        "b 00000": "16x12",
        "b 00001": "RGB image",
        "b 00077": "of no frame",
        "other": "of no sequence",
    }
    assert all(words[where] in problem for where, problem in told)
    assert list(tmp_path.glob("*.zip*")) == list(tmp_path.glob(".*zip*")) == []


def test_results_of_another_set_are_refused_in_one_line(dataset: Dataset, tmp_path: Path) -> None:
    other = write_results(tmp_path / "other", {"x": moving_square(4)})
    with pytest.raises(InputError, match="holds no folder of any sequence of davis2017"):
        write_submission(dataset, other, tmp_path / "out.zip")


def test_a_set_whose_layout_is_not_known_is_refused(dataset: Dataset, results: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="mine: no server's layout is known"):
        write_submission(replace(dataset, name="mine"), results, tmp_path / "out.zip")


def test_a_folder_that_is_not_there_is_named(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        write_submission(dataset, tmp_path / "nowhere", tmp_path / "out.zip")
