"""The layouts of the sets that are not DAVIS: which frames and objects, what is given, what is scored."""

from pathlib import Path

import numpy as np
import pytest

from tests.vos.datasets.made_davis import square, write_png
from tests.vos.datasets.made_sets import (
    frame_range,
    numbered,
    without,
    write_frames,
    write_lvos,
    write_masks,
    write_meta,
    write_mose,
    write_sa_v,
    write_vost,
    write_youtube_vos,
)
from vos.datasets import Dataset, VideoSequence, read_prompts
from vos.errors import InputError
from vos.evaluation import open_dataset
from vos.evaluation.plan import read_preset
from vos.settings import preset_path

ONE = square(2, 2)
BOTH = square(2, 2) + square(14, 14, object_id=7)
NAMES = (
    *("davis2016", "davis2017", "youtubevos2018", "youtubevos2019", "mosev1", "mosev2", "lvosv1", "lvosv2"),
    *("sav", "vost"),
)


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_is_whole(name: str) -> None:
    preset = read_preset(preset_path("datasets", name))
    assert "val" in preset.splits
    assert len(preset.seen) == (65 if preset.reader == "youtube_vos" else 0)
    assert len(preset.unseen) == (51 if preset.reader == "lvos" else 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("protocol: mine", "protocol is 'mine'; it must be one of davis, youtubevos"),
        ("reader: mine", "reader is 'mine'"),
        ("colour: red", "colour is 'red'"),
    ],
)
def test_a_preset_that_does_not_fit_names_its_field(tmp_path: Path, change: str, message: str) -> None:
    text = preset_path("datasets", "davis2017").read_text()
    field = change.partition(":")[0]
    lines = [line for line in text.splitlines() if not line.startswith(f"{field}:")]
    path = tmp_path / "davis2017.yaml"
    path.write_text("\n".join([*lines, change]))
    with pytest.raises(InputError, match=message):
        read_preset(path)


def test_mose_v1_gives_the_first_mask_of_every_folder(tmp_path: Path) -> None:
    frames = {name: numbered([ONE] * 4) for name in ("b10", "b2")}
    given = {name: numbered([ONE]) for name in frames}
    dataset = open_dataset("mosev1", write_mose(tmp_path, frames, given))
    assert [(one.name, one.truth, one.required) for one in dataset.sequences] == [
        ("b2", False, (0, 1, 2, 3)),
        ("b10", False, (0, 1, 2, 3)),
    ]
    assert not dataset.truth
    assert dataset.notes == ()
    assert open_dataset("mosev1", tmp_path / "valid").sequences[0].stems == dataset.sequences[0].stems


def test_a_truth_that_is_there_in_part_is_told(tmp_path: Path) -> None:
    frames = {name: numbered([ONE] * 4) for name in ("a", "b")}
    given = {"a": frames["a"], "b": numbered([ONE] * 3)}
    dataset = open_dataset("mosev1", write_mose(tmp_path, frames, given))
    assert not dataset.truth
    assert dataset.notes == ("No score: true masks are missing in 1 of 2 sequences (b).",)


def test_mose_v2_scores_an_object_that_comes_later_from_the_second_frame_on(tmp_path: Path) -> None:
    frames = {"a": numbered([ONE, ONE, BOTH, BOTH, ONE])}
    sequence = _only(open_dataset("mosev2", write_mose(tmp_path, frames)))
    assert [(one.id, one.prompt, one.scored) for one in sequence.objects] == [(1, 0, (1, 2, 3)), (7, 2, (1, 2, 3))]
    assert sequence.drops_other_ids


def test_youtube_vos_takes_all_frames_and_requires_the_listed_ones(tmp_path: Path) -> None:
    sequence = _only(_youtube_vos(tmp_path))
    assert len(sequence.stems) == 16
    assert sequence.required == (0, 5, 10, 15)
    assert [(one.id, one.prompt, one.scored, one.group) for one in sequence.objects] == [
        (1, 0, (), "seen"),
        (7, 10, (), "unseen"),
    ]
    assert not sequence.truth
    prompts = read_prompts(sequence, sequence.layers[0])
    np.testing.assert_array_equal(prompts[0], ONE)
    np.testing.assert_array_equal(prompts[10], without(BOTH, 1))


def test_youtube_vos_scores_the_listed_frames_where_their_masks_are_there(tmp_path: Path) -> None:
    _youtube_vos(tmp_path)
    write_masks(tmp_path / "valid/Annotations/a", {"00005": ONE, "00010": BOTH, "00015": BOTH})
    sequence = _only(open_dataset("youtubevos2018", tmp_path))
    assert sequence.truth
    assert [(one.id, one.prompt, one.scored) for one in sequence.objects] == [(1, 0, (5, 10, 15)), (7, 10, (15,))]


def test_youtube_vos_without_all_frames_says_so(tmp_path: Path) -> None:
    _youtube_vos(tmp_path)
    (tmp_path / "valid_all_frames").rename(tmp_path / "elsewhere")
    write_frames(tmp_path / "valid/JPEGImages/a", numbered([ONE] * 4, step=5))
    dataset = open_dataset("youtubevos2019", tmp_path)
    assert _only(dataset).stems == ("00000", "00005", "00010", "00015")
    assert dataset.notes == ("Frames were taken from JPEGImages: there is no valid_all_frames/JPEGImages.",)


@pytest.mark.parametrize(
    ("described", "message"),
    [
        ({"1": {"category": "dog", "frames": []}}, r"a: its description: objects.1.frames: list should have"),
        ({"1": {"frames": ["00000"]}}, r"a: its description: objects.1.category: field required"),
        ({"1": {"category": "dog", "frames": ["00000", "00099"]}}, r"object 1: no frame 00099"),
        ({"300": {"category": "dog", "frames": ["00000"]}}, r"object 300: ids are 1..254"),
        ({"2": {"category": "dog", "frames": ["00000"]}}, r"00000.png: does not hold object 2"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(tmp_path: Path, described: dict[str, object], message: str) -> None:
    _youtube_vos(tmp_path)
    write_meta(tmp_path / "valid/meta.json", {"a": described})
    with pytest.raises(InputError, match=message):
        open_dataset("youtubevos2018", tmp_path)


@pytest.mark.parametrize("name", ["../a", "/etc", "..", "a/b", ""])
def test_a_described_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    _youtube_vos(tmp_path)
    write_meta(tmp_path / "valid/meta.json", {name: {"1": {"category": "dog", "frames": ["00000"]}}})
    with pytest.raises(InputError, match="is not a sequence's name"):
        open_dataset("youtubevos2018", tmp_path)


def test_lvos_scores_every_fifth_frame_of_an_objects_own_range(tmp_path: Path) -> None:
    frames = {"a": numbered([ONE] * 5 + [BOTH] * 21, first=1, digits=8)}
    objects = {"a": {"1": frame_range(1, 26, 6), "7": frame_range(6, 24, 4)}}
    sequence = _only(open_dataset("lvosv2", write_lvos(tmp_path, frames, objects)))
    assert [(one.id, one.prompt, one.scored, one.group) for one in sequence.objects] == [
        (1, 0, (5, 10, 15, 20), "seen"),
        (7, 5, (10, 15), "seen"),
    ]
    assert sequence.required == (0, 5, 10, 15, 20)
    assert sequence.truth


def test_lvos_knows_the_unseen_sequences(tmp_path: Path) -> None:
    frames = {name: numbered([ONE] * 16, first=1, digits=8) for name in ("R3UJGYwy", "other")}
    objects = {name: {"1": frame_range(1, 16, 4)} for name in frames}
    dataset = open_dataset("lvosv1", write_lvos(tmp_path, frames, objects))
    assert [sequence.objects[0].group for sequence in dataset.sequences] == ["unseen", "seen"]


def test_lvos_ranges_that_contradict_themselves_are_refused(tmp_path: Path) -> None:
    frames = {"a": numbered([ONE] * 16, first=1, digits=8)}
    root = write_lvos(tmp_path, frames, {"a": {"1": frame_range(1, 16, 9)}})
    with pytest.raises(InputError, match=r"object 1: frame_nums is 9, but every 5th frame from 1 to 16 makes 3"):
        open_dataset("lvosv1", root)


def test_sa_v_has_a_layer_an_object_and_leaves_out_its_first_and_last_mask(tmp_path: Path) -> None:
    gone = np.zeros_like(ONE)
    frames = {"sav_1": numbered([ONE] * 13)}
    objects = {"sav_1": {"000": numbered([ONE] * 4, step=4), "002": numbered([gone, ONE, ONE], step=4)}}
    dataset = open_dataset("sav", write_sa_v(tmp_path, frames, objects))
    sequence = _only(dataset)
    assert dataset.truth
    assert [layer.folder for layer in sequence.layers] == ["000", "002"]
    assert [(one.id, one.name, one.prompt, one.scored) for one in sequence.objects] == [
        (1, "000", 0, (4, 8)),
        (1, "002", 4, (4,)),
    ]
    assert sequence.required == (0, 4, 8, 12)
    np.testing.assert_array_equal(read_prompts(sequence, sequence.layers[1])[4], ONE)


def test_sa_v_refuses_an_object_that_is_never_shown(tmp_path: Path) -> None:
    frames = {"sav_1": numbered([ONE] * 9)}
    root = write_sa_v(tmp_path, frames, {"sav_1": {"000": numbered([np.zeros_like(ONE)] * 3, step=4)}})
    with pytest.raises(InputError, match=r"sav_1: .*000: no mask shows the object"):
        open_dataset("sav", root)


def test_vost_leaves_frames_without_a_mask_out(tmp_path: Path) -> None:
    frames = {"a": numbered([ONE] * 9)}
    given = {"a": numbered([ONE] * 4, step=2)}
    sequence = _only(open_dataset("vost", write_vost(tmp_path, frames, given)))
    assert sequence.scored == (2, 4)
    assert sequence.required == (0, 2, 4, 6)
    assert sequence.truth


def test_a_mask_of_no_frame_is_told(tmp_path: Path) -> None:
    root = write_vost(tmp_path, {"a": numbered([ONE] * 4)}, {"a": numbered([ONE] * 4)})
    write_png(root / "Annotations/a/00099.png", ONE)
    with pytest.raises(InputError, match=r"a: .*00099.png: of no frame of the sequence"):
        open_dataset("vost", root)


def _youtube_vos(root: Path) -> Dataset:
    """Object 1 is a dog from the start; object 7, of no known category, comes in frame 10 with a mask of its own."""
    frames = {"a": numbered([ONE] * 10 + [BOTH] * 6)}
    given = {"a": {"00000": ONE, "00010": without(BOTH, 1)}}
    objects = {
        "a": {
            "1": {"category": "dog", "frames": ["00000", "00005", "00010", "00015"]},
            "7": {"category": "unheard_of", "frames": ["00010", "00015"]},
        }
    }
    return open_dataset("youtubevos2018", write_youtube_vos(root, frames, given, objects))


def _only(dataset: Dataset) -> VideoSequence:
    (sequence,) = dataset.sequences
    return sequence
