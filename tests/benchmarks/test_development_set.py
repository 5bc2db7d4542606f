"""The clips to choose by are a DAVIS 2016 root, of the frames that were asked for."""

from pathlib import Path

import numpy as np

from benchmarks import development_set
from tests.seggpt_core.training.data.made_shards import plain, write_members
from vos.datasets import read_truth
from vos.evaluation import open_dataset
from vos.io import open_clip


def test_a_shard_of_clips_becomes_a_data_set(tmp_path: Path) -> None:
    members: dict[str, np.ndarray] = {}
    for clip, shade in (("hare", 40), ("tortoise", 200)):
        for number in range(4):
            mask = np.zeros((96, 96), np.uint8)
            mask[10 + number : 50, 20:60] = 1
            members[f"davis2016_train/{clip}/{number:05d}.webp"] = plain((shade, shade, number))
            members[f"davis2016_train/{clip}/{number:05d}.png"] = mask
    write_members(tmp_path / "clips.tar", members)

    development_set.main(["--shard", str(tmp_path / "clips.tar"), "--frames", "3", "--out", str(tmp_path / "dev")])

    dataset = open_dataset("davis2016", tmp_path / "dev")
    assert [sequence.name for sequence in dataset.sequences] == ["hare", "tortoise"]
    hare = dataset.sequences[0]
    frames = list(open_clip(hare.images))
    assert len(frames) == 3
    assert np.abs(frames[1].image.astype(int) - np.array([40, 40, 1])).max() <= 2  # JPEG
    (layer,) = hare.layers
    truth = read_truth(hare, layer, 1)
    assert np.array_equal(np.argwhere(truth > 0).min(0), [11, 20])
    assert (truth > 0).sum() == 39 * 40
