"""`vos propagate` with masks of several frames, in several forms, and with names."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.vos.cli.flat_film import COUNT, call, images_and_mask, video_and_mask
from tests.vos.flat_clips import clip as flat_clip
from vos.io import open_clip, read_mask, write_mask

SIZE = ("--size", "64x96")


pytestmark = pytest.mark.usefixtures("model")


def ids_in(path: Path) -> set[int]:
    return set(np.unique(read_mask(path, empty_ok=True)).tolist())


def test_an_object_may_come_with_a_later_mask(tmp_path: Path) -> None:
    clip, mask = images_and_mask(tmp_path)
    first = read_mask(mask)
    write_mask(tmp_path / "one.png", np.where(first == 3, 3, 0).astype(np.uint8))
    later = flat_clip(COUNT, [3, 5])[6][1]
    write_mask(tmp_path / "two.png", np.where(later == 5, 5, 0).astype(np.uint8))
    out = tmp_path / "run"
    given = ["--mask", tmp_path / "one.png", "--mask", f"6={tmp_path / 'two.png'}", "--names", "3=dog,5=cat"]
    assert call("propagate", clip, *given, "--out", out, "--export", "soft8", "--per-object", *SIZE) == 0
    assert [ids_in(out / f"masks/s{index}.png") for index in (0, 5, 6, 11)] == [{0, 3}, {0, 3}, {0, 3, 5}, {0, 3, 5}]
    assert sorted(path.name for path in (out / "soft8").iterdir()) == ["cat", "dog"]
    assert len(list((out / "soft8/cat").iterdir())) == COUNT
    record = json.loads((out / "run.json").read_text())
    assert record["objects"] == {"3": "dog", "5": "cat"}
    assert [one["frame"] for one in record["masks"]] == [0, 6]


def test_frames_before_the_first_mask_are_empty_and_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip, mask = images_and_mask(tmp_path, first=4)
    assert call("propagate", clip, "--mask", f"4={mask}", "--out", tmp_path / "run", *SIZE) == 0
    assert [ids_in(tmp_path / f"run/masks/s{index}.png") for index in (0, 3, 4)] == [{0}, {0}, {0, 3, 5}]
    assert "frames 0 to 3 will be empty: no mask is carried there" in capsys.readouterr().err


def test_json_names_its_objects(tmp_path: Path) -> None:
    clip, mask = images_and_mask(tmp_path)
    height, width = read_mask(mask).shape
    corners = [[0, 0], [width // 3, 0], [width // 3, height // 3]]
    (tmp_path / "a.json").write_text(json.dumps([{"id": 9, "name": "corner", "polygon": corners}]))
    assert call("propagate", clip, "--mask", tmp_path / "a.json", "--out", tmp_path / "run", *SIZE) == 0
    assert json.loads((tmp_path / "run/run.json").read_text())["objects"] == {"9": "corner"}


@pytest.mark.parametrize("frame", [0, 7])
@pytest.mark.parametrize("make", [images_and_mask, video_and_mask])
def test_the_coco_file_of_a_run_is_a_mask_of_each_of_its_frames(
    tmp_path: Path, make: Callable[[Path], tuple[Path, Path]], frame: int
) -> None:
    clip, mask = make(tmp_path)
    given = ["--mask", mask, "--names", "3=dog", "--export", "rle"]
    assert call("propagate", clip, *given, "--out", tmp_path / "run", *SIZE) == 0
    coco = tmp_path / "run/rle/clip.json"
    again = tmp_path / "again"
    start = ["--frames", f"{frame}:"]
    assert call("propagate", clip, "--mask", f"{frame}={coco}", *start, "--out", again, *SIZE) == 0
    name = f"{open_clip(clip).stems()[frame]}.png"
    np.testing.assert_array_equal(read_mask(again / "masks" / name), read_mask(tmp_path / "run/masks" / name))
    assert json.loads((again / "run.json").read_text())["objects"] == {"3": "dog", "5": "5"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--mask", "99=MASK"], "there is no frame 99; frames are 0 to 11"),
        (["--mask", "MASK", "--mask", "0=MASK"], "frame 0 has another mask already"),
        (["--mask", "MASK", "--names", "4=dog"], "--names: there is no object 4; there are 3, 5"),
        (["--mask", "MASK", "--names", "3=5"], "two objects have one name: 5, 5"),
        (["--mask", "2=MASK", "--frames", "4:8"], "there is no frame 2; frames are 4 to 7"),
    ],
)
def test_masks_that_do_not_fit_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], message: str
) -> None:
    clip, mask = images_and_mask(tmp_path)
    arguments = [argument.replace("MASK", str(mask)) for argument in given]
    assert call("propagate", clip, *arguments, "--out", tmp_path / "run", *SIZE) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_backward_carries_a_later_mask_to_the_frames_before(tmp_path: Path) -> None:
    clip, mask = images_and_mask(tmp_path, first=8)
    out = tmp_path / "run"
    given = ["--mask", f"8={mask}", "--direction", "backward", "--export", "soft8"]
    assert call("propagate", clip, *given, "--out", out, *SIZE) == 0
    for index, (_, truth) in enumerate(flat_clip(COUNT, [3, 5])):
        found = read_mask(out / f"masks/s{index}.png", empty_ok=True)
        assert (found == (truth if index <= 8 else 0)).mean() > 0.95
    assert len(list((out / "soft8").iterdir())) == COUNT
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []
    record = json.loads((out / "run.json").read_text())
    assert (record["direction"], record["timing"]["frames"]) == ("backward", COUNT)


@pytest.mark.parametrize("direction", ["forward", "both"])
def test_no_folder_of_the_users_is_taken_for_a_spool(tmp_path: Path, direction: str) -> None:
    clip, mask = images_and_mask(tmp_path)
    mine = tmp_path / "run/.backward/mine.txt"
    mine.parent.mkdir(parents=True)
    mine.touch()
    assert call("propagate", clip, "--mask", mask, "--direction", direction, "--out", tmp_path / "run", *SIZE) == 0
    assert mine.exists()


def test_both_ways_cover_every_frame_and_keep_each_given_mask(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, mask = images_and_mask(tmp_path, first=6)
    out = tmp_path / "run"
    assert call("propagate", clip, "--mask", f"6={mask}", "--direction", "both", "--out", out, *SIZE) == 0
    for index, (_, truth) in enumerate(flat_clip(COUNT, [3, 5])):
        assert (read_mask(out / f"masks/s{index}.png") == truth).mean() > 0.95
    np.testing.assert_array_equal(read_mask(out / "masks/s6.png"), read_mask(mask))
    assert "will be empty" not in capsys.readouterr().err
    rows = (out / "confidence.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 * COUNT


@pytest.mark.parametrize(
    ("direction", "unknown"), [("forward", range(6)), ("backward", range(7, COUNT)), ("both", range(0))]
)
def test_confidence_has_a_line_for_every_object_and_frame(tmp_path: Path, direction: str, unknown: range) -> None:
    clip, mask = images_and_mask(tmp_path, first=6)
    out = tmp_path / "run"
    given = ["--mask", f"6={mask}", "--direction", direction, "--out", out, *SIZE]
    assert call("propagate", clip, *given) == 0
    rows = [row.split(",") for row in (out / "confidence.csv").read_text().splitlines()[1:]]
    assert [(int(row[0]), int(row[2])) for row in rows] == [(index, one) for index in range(COUNT) for one in (3, 5)]
    absent = [int(row[0]) for row in rows if row[4:] == ["0.0000", "0", "0"]]
    assert absent == [index for index in unknown for _ in (3, 5)]


def test_objects_of_two_masks_meet_in_the_middle(tmp_path: Path) -> None:
    """3 is given in the first frame and 5 in the last: both ways, every frame has both."""
    clip, mask = images_and_mask(tmp_path)
    write_mask(tmp_path / "one.png", np.where(read_mask(mask) == 3, 3, 0).astype(np.uint8))
    last = flat_clip(COUNT, [3, 5])[COUNT - 1][1]
    write_mask(tmp_path / "two.png", np.where(last == 5, 5, 0).astype(np.uint8))
    given = ["--mask", tmp_path / "one.png", "--mask", f"{COUNT - 1}={tmp_path / 'two.png'}"]
    assert call("propagate", clip, *given, "--direction", "both", "--out", tmp_path / "run", *SIZE) == 0
    for index, (_, truth) in enumerate(flat_clip(COUNT, [3, 5])):
        assert (read_mask(tmp_path / f"run/masks/s{index}.png") == truth).mean() > 0.95


def test_a_direction_that_there_is_not_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip, mask = images_and_mask(tmp_path)
    assert call("propagate", clip, "--mask", mask, "--direction", "up", "--out", tmp_path / "run", *SIZE) == 2
    assert "--direction up: must be one of forward, backward, both" in capsys.readouterr().err


def test_json_tells_a_program_what_happens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip, mask = images_and_mask(tmp_path, first=4)
    given = ["--mask", f"4={mask}", "--names", "3=dog", "--json"]
    assert call("propagate", clip, *given, "--out", tmp_path / "run", *SIZE) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    events = [json.loads(line) for line in captured.out.splitlines()]
    kinds = [event["event"] for event in events if event["event"] != "progress"]
    assert kinds[:2] == ["warning", "begin"]
    assert kinds[-1] == "done"
    (begin,) = (event for event in events if event["event"] == "begin")
    assert (begin["frames"], begin["objects"]) == ([0, COUNT], {"3": "dog", "5": "5"})
    assert events[-1]["timing"]["frames"] == COUNT
    assert "masks/s0.png" in events[-1]["outputs"]


def test_json_tells_of_errors_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("propagate", tmp_path / "no.mp4", "--mask", "a.png", "--out", tmp_path / "run", "--json") == 2
    captured = capsys.readouterr()
    (event,) = [json.loads(line) for line in captured.out.splitlines()]
    assert (event["event"], event["status"]) == ("error", 2)
    assert "no.mp4: no such file" in event["message"]
