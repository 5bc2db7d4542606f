from pathlib import Path

import pytest

from tests.vos.datasets.made_davis import moving_square, write_davis
from tests.vos.datasets.made_sets import numbered, write_mose, write_youtube_vos
from vos.cli.main import main


def test_a_whole_set_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_davis(tmp_path, 2017, {"a": moving_square(4), "b": moving_square(5)})
    assert run(["davis2017", str(data)]) == 0
    assert capsys.readouterr().out == (
        "davis2017 val is whole: 2 sequences, 9 frames, 2 objects, 7 masks that are given or scored; with truth\n"
    )


def test_a_set_without_truth_is_called_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = {"a": numbered(moving_square(4))}
    data = write_mose(tmp_path, frames, {"a": numbered(moving_square(1))})
    assert run(["mosev1", str(data)]) == 0
    assert "1 masks that are given or scored; without truth: to be run and submitted" in capsys.readouterr().out


def test_a_description_of_more_masks_than_the_server_gives_away_is_no_damage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    masks = numbered(moving_square(6))
    objects = {"a": {"1": {"category": "dog", "frames": ["00000", "00005"]}}}
    data = write_youtube_vos(tmp_path, {"a": masks}, {"a": {"00000": masks["00000"]}}, objects)
    assert run(["youtubevos2018", str(data)]) == 0
    assert "1 masks that are given or scored; without truth" in capsys.readouterr().out


def test_all_that_is_damaged_is_told_a_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_davis(tmp_path, 2017, {"a": moving_square(4), "b": moving_square(5)})
    for damaged in (data / "JPEGImages/480p/b/00003.jpg", data / "Annotations/480p/a/00001.png"):
        damaged.write_bytes(damaged.read_bytes()[:-30])
    assert run(["davis2017", str(data)]) == 2
    first, *problems = capsys.readouterr().err.splitlines()
    assert first.endswith(": 2 problems:")
    assert [line.strip().partition(":")[0] for line in problems] == ["a 00001", "b 00003"]


def test_a_sequence_that_does_not_open_hides_no_other_damage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_davis(tmp_path, 2017, {"a": moving_square(4), "b": moving_square(5)})
    (data / "Annotations/480p/a/00001.png").unlink()
    damaged = data / "JPEGImages/480p/b/00003.jpg"
    damaged.write_bytes(damaged.read_bytes()[:-30])
    assert run(["davis2017", str(data)]) == 2
    first, *problems = capsys.readouterr().err.splitlines()
    assert first.endswith(": 2 problems:")
    assert [line.strip().partition(":")[0] for line in problems] == ["a", "b 00003"]


def test_a_set_of_which_nothing_opens_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_davis(tmp_path, 2017, {"a": moving_square(4)})
    (data / "Annotations/480p/a/00001.png").unlink()
    assert run(["davis2017", str(data)]) == 2
    assert "a: " in (told := capsys.readouterr().err)
    assert "no 00001.png" in told


def run(arguments: list[str]) -> int:
    """The exit status of `vos datasets check` with these arguments."""
    with pytest.raises(SystemExit) as ended:
        main(["datasets", "check", *arguments, "--workers", "0", "--quiet"])
    return int(ended.value.code or 0)
