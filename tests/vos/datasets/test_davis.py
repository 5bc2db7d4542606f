from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.vos.datasets.made_davis import moving_square, square, write_davis, write_png
from vos.datasets import Dataset, check_frames, check_truth, read_prompts, read_truth
from vos.errors import InputError
from vos.evaluation import open_dataset


def test_2016_reads_the_foreground_as_object_1(tmp_path: Path) -> None:
    masks = moving_square(5)
    dataset = _open(write_davis(tmp_path, 2016, {"walk": masks}), 2016)
    (sequence,) = dataset.sequences
    (layer,) = sequence.layers
    assert (sequence.name, sequence.size, layer.ids) == ("walk", (24, 32), (1,))
    assert sequence.stems == ("00000", "00001", "00002", "00003", "00004")
    assert (layer.prompts, sequence.scored) == ((0,), (1, 2, 3))
    np.testing.assert_array_equal(read_truth(sequence, sequence.layers[0], 3), masks[3])


def test_2016_is_read_as_first_released(tmp_path: Path) -> None:
    root = write_davis(tmp_path, 2016, {"walk": moving_square(4), "run": moving_square(3)})
    (root / "ImageSets/2016/val.txt").unlink()
    pairs = [
        f"/JPEGImages/480p/{name}/{number:05d}.jpg /Annotations/480p/{name}/{number:05d}.png"
        for name, count in (("walk", 4), ("run", 3))
        for number in range(count)
    ]
    names = root / "ImageSets/480p/val.txt"
    names.parent.mkdir()
    names.write_text("\n".join(pairs) + "\n")
    dataset = _open(root, 2016)
    assert [sequence.name for sequence in dataset.sequences] == ["walk", "run"]
    assert [sequence.scored for sequence in dataset.sequences] == [(1, 2), (1,)]


def test_2016_reads_a_full_and_an_empty_mask(tmp_path: Path) -> None:
    full, empty = np.ones((24, 32), dtype=np.uint8), np.zeros((24, 32), dtype=np.uint8)
    (sequence,) = _open(write_davis(tmp_path, 2016, {"walk": [square(0, 0), full, empty, empty]}), 2016).sequences
    assert read_truth(sequence, sequence.layers[0], 1).min() == 1
    assert read_truth(sequence, sequence.layers[0], 2).max() == 0


def test_2017_keeps_ids_and_void_and_the_first_masks_maximum_counts_objects(tmp_path: Path) -> None:
    first = square(2, 2, object_id=3) + square(14, 14, object_id=1)
    later = square(2, 2, object_id=4) + square(14, 14, object_id=255)
    (sequence,) = _open(write_davis(tmp_path, 2017, {"walk": [first, later, first]}), 2017).sequences
    assert sequence.layers[0].ids == (1, 2, 3)
    assert {(one.prompt, one.scored) for one in sequence.objects} == {(0, (1,))}
    np.testing.assert_array_equal(read_truth(sequence, sequence.layers[0], 1), later)
    np.testing.assert_array_equal(read_prompts(sequence, sequence.layers[0])[0], first)


def test_a_later_prompt_shows_what_is_new_alone(tmp_path: Path) -> None:
    first = square(2, 2)
    later = square(2, 4) + square(14, 14, object_id=2)
    later[20:, :4] = 255
    both = first + square(14, 14, object_id=2)
    (sequence,) = _open(write_davis(tmp_path, 2017, {"walk": [both, later, later]}), 2017).sequences
    one, two = sequence.objects
    late = replace(sequence.layers[0], objects=(one, replace(two, prompt=1, scored=(2,))))
    assert late.prompts == (0, 1)
    assert late.scored == (1, 2)
    prompts = read_prompts(sequence, late)
    np.testing.assert_array_equal(prompts[0], first)
    np.testing.assert_array_equal(prompts[1], np.where(later == 1, 0, later))


def test_2017_keeps_void_that_stands_alone(tmp_path: Path) -> None:
    """A mask of 0 and 255 only is a frame the object has left, not an object."""
    gone = square(2, 2, object_id=255)
    (sequence,) = _open(write_davis(tmp_path, 2017, {"walk": [square(2, 2), gone, gone]}), 2017).sequences
    np.testing.assert_array_equal(read_truth(sequence, sequence.layers[0], 1), gone)


def test_frames_may_start_at_any_number(tmp_path: Path) -> None:
    (sequence,) = _open(write_davis(tmp_path, 2017, {"walk": moving_square(4)}, first_number=34), 2017).sequences
    assert sequence.stems == ("00034", "00035", "00036", "00037")
    assert sequence.scored == (1, 2)


def test_wanted_sequences_come_in_the_lists_order(tmp_path: Path) -> None:
    root = write_davis(tmp_path, 2017, {name: moving_square(3) for name in ("a", "b", "c")})
    chosen = _open(root, 2017, ["c", "a"])
    assert [sequence.name for sequence in chosen.sequences] == ["a", "c"]
    assert not chosen.complete
    assert _open(root, 2017).complete
    with pytest.raises(InputError, match=r"sequences d: .*val.txt lists a, b, c"):
        _open(root, 2017, ["a", "d"])


def test_every_problem_is_named_in_one_report(tmp_path: Path) -> None:
    root = write_davis(tmp_path, 2017, {name: moving_square(4) for name in ("a", "b", "c", "d")})
    (root / "Annotations/480p/a/00002.png").unlink()
    write_png(root / "Annotations/480p/b/00000.png", np.zeros((24, 32), dtype=np.uint8))
    for path in (root / "JPEGImages/480p/c").iterdir():
        path.unlink()
    with pytest.raises(InputError) as refused:
        _open(root, 2017)
    lines = str(refused.value).splitlines()
    assert lines[0].endswith(": 3 problems:")
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["a", "b", "c"]
    assert "no 00002.png" in lines[1]
    assert "the first mask holds no object" in lines[2]
    assert "no images" in lines[3]


def test_two_frames_are_too_few(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a: .*has 2 frames"):
        _open(write_davis(tmp_path, 2017, {"a": moving_square(2)}), 2017)


@pytest.mark.parametrize(
    "name",
    [
        "../other",
        "/etc",
        "..",
        "a/b",
        "/JPEGImages/480p/a/0.jpg /Annotations/480p/b/0.png",
        "/JPEGImages/../0.jpg /Annotations/../0.png",
        "a/0.jpg a/0.png a/1.jpg",
    ],
)
def test_a_name_that_leaves_the_root_is_refused(tmp_path: Path, name: str) -> None:
    root = write_davis(tmp_path, 2017, {"a": moving_square(3)})
    (root / "ImageSets/2017/val.txt").write_text(f"a\n{name}\n")
    with pytest.raises(InputError, match="is not a sequence's name"):
        _open(root, 2017)


def test_a_root_or_list_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: no such folder; davis2017 needs"):
        _open(tmp_path / "nowhere", 2017)
    with pytest.raises(InputError, match=r"holds no folder Annotations/480p; davis2017 needs"):
        _open(tmp_path, 2017)
    (tmp_path / "Annotations/480p").mkdir(parents=True)
    with pytest.raises(InputError, match=r"holds no folder JPEGImages/480p, where the frames of davis2017 lie"):
        _open(tmp_path, 2017)
    (tmp_path / "JPEGImages/480p").mkdir(parents=True)
    with pytest.raises(InputError, match=r"ImageSets/2017/val.txt: the list of sequences cannot be read"):
        _open(tmp_path, 2017)
    with pytest.raises(InputError, match=r"split 'dev': davis2017 has val, test-dev"):
        _open(tmp_path, 2017, split="dev")


def test_damaged_masks_are_found_before_a_run(tmp_path: Path) -> None:
    root = write_davis(tmp_path, 2017, {"a": moving_square(6)})
    masks = root / "Annotations/480p/a"
    (masks / "00001.png").write_bytes((masks / "00001.png").read_bytes()[:70])
    write_png(masks / "00002.png", np.zeros((24, 32, 3), dtype=np.uint8), indexed=False)
    write_png(masks / "00003.png", np.zeros((12, 32), dtype=np.uint8))
    dataset = _open(root, 2017)
    with pytest.raises(InputError) as refused:
        check_truth(dataset)
    lines = str(refused.value).splitlines()[1:]
    assert [line.split(":")[0].strip() for line in lines] == ["a 00001", "a 00002", "a 00003"]
    assert "cannot be read as an image" in lines[0]
    assert "is a RGB image" in lines[1]
    assert "is 32x12 pixels, but the frames are 32x24" in lines[2]


def test_damaged_frames_are_found_when_asked_for(tmp_path: Path) -> None:
    dataset = _open(write_davis(tmp_path, 2017, {"a": moving_square(4)}), 2017)
    check_frames(dataset)
    damaged = tmp_path / "JPEGImages/480p/a/00002.jpg"
    damaged.write_bytes(damaged.read_bytes()[:-300])
    with pytest.raises(InputError, match=r"a 00002: .*cannot be decoded"):
        check_frames(dataset)


def test_test_dev_gives_the_first_mask_and_no_truth(tmp_path: Path) -> None:
    root = write_davis(tmp_path, 2017, {"a": moving_square(4)})
    (root / "ImageSets/2017/val.txt").rename(root / "ImageSets/2017/test-dev.txt")
    for number in (1, 2, 3):
        (root / f"Annotations/480p/a/0000{number}.png").unlink()
    dataset = _open(root, 2017, split="test-dev")
    (sequence,) = dataset.sequences
    assert (dataset.split, dataset.truth, sequence.scored, sequence.required) == ("test-dev", False, (), (0, 1, 2, 3))
    (root / "Annotations/480p/a/00000.png").rename(root / "Annotations/480p/a/00001.png")
    with pytest.raises(InputError, match=r"no 00000.png: the mask that is given is missing"):
        _open(root, 2017, split="test-dev")


def test_a_foreground_mask_with_other_values_is_refused(tmp_path: Path) -> None:
    root = write_davis(tmp_path, 2016, {"a": moving_square(4)})
    write_png(root / "Annotations/480p/a/00001.png", square(3, 3, object_id=7), indexed=False)
    with pytest.raises(InputError, match=r"a 00001: .*holds the values 0, 7; a foreground mask holds 0 and 255"):
        check_truth(_open(root, 2016))


def _open(root: Path, year: int, wanted: list[str] | None = None, split: str = "val") -> Dataset:
    return open_dataset(f"davis{year}", root, wanted, split)
