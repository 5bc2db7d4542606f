"""The clips to choose by are a DAVIS root, of the frames that were asked for."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import development_set
from tests.seggpt_core.training.data.made_shards import plain, write_members
from vos.datasets import read_truth
from vos.evaluation import open_dataset
from vos.io import open_clip


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    """Three clips of one size, four, five and six frames long."""
    members: dict[str, np.ndarray] = {}
    for clip, shade, frames in (("hare", 40, 4), ("snail", 90, 5), ("tortoise", 200, 6)):
        for number in range(frames):
            mask = np.zeros((96, 96), np.uint8)
            mask[10 + number : 50, 20:60] = 1
            members[f"davis2016_train/{clip}/{number:05d}.webp"] = plain((shade, shade, number))
            members[f"davis2016_train/{clip}/{number:05d}.png"] = mask
    write_members(tmp_path / "clips.tar", members)
    return tmp_path / "clips.tar"


def test_a_shard_of_clips_becomes_a_data_set(shard: Path, tmp_path: Path) -> None:
    development_set.main(["--shard", str(shard), "--frames", "3", "--out", str(tmp_path / "dev")])

    dataset = open_dataset("davis2016", tmp_path / "dev")
    assert [sequence.name for sequence in dataset.sequences] == ["hare", "snail", "tortoise"]
    hare = dataset.sequences[0]
    frames = list(open_clip(hare.images))
    assert len(frames) == 3
    assert np.abs(frames[1].image.astype(int) - np.array([40, 40, 1])).max() <= 2  # JPEG
    (layer,) = hare.layers
    truth = read_truth(hare, layer, 1)
    assert np.array_equal(np.argwhere(truth > 0).min(0), [11, 20])
    assert (truth > 0).sum() == 39 * 40


def test_frames_that_are_skipped_leave_clips_shorter_or_out(
    shard: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    development_set.main(["--shard", str(shard), "--skip", "2", "--frames", "60", "--out", str(tmp_path / "dev")])
    assert "hare is left out: it has 4 frames" in capsys.readouterr().err
    snail, tortoise = open_dataset("davis2016", tmp_path / "dev").sequences
    assert (snail.name, len(snail.stems)) == ("snail", 3)
    assert (tortoise.name, len(tortoise.stems)) == ("tortoise", 4)
    (layer,) = snail.layers
    assert np.array_equal(np.argwhere(read_truth(snail, layer, 0) > 0).min(0), [12, 20])


def test_stacked_clips_hold_two_objects(shard: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    development_set.main(["--shard", str(shard), "--stacked", "--out", str(tmp_path / "dev")])
    assert "tortoise is left out" in capsys.readouterr().err
    (pair,) = open_dataset("davis2017", tmp_path / "dev").sequences
    assert pair.name == "hare_snail"
    frames = list(open_clip(pair.images))
    assert len(frames) == 4
    assert frames[0].image.shape == (192, 96, 3)
    assert abs(int(frames[0].image[10, 10, 0]) - 40) <= 2
    assert abs(int(frames[0].image[150, 10, 0]) - 90) <= 2
    (layer,) = pair.layers
    truth = read_truth(pair, layer, 2)
    assert (truth[:96] == 1).sum() == (truth[96:] == 2).sum() == 38 * 40
    assert set(np.unique(truth[:96])) == {0, 1}
