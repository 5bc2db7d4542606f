import json
from pathlib import Path

import pytest
import torch

from benchmarks import bench_samples
from seggpt_core.errors import WorkError
from seggpt_core.training.batch import Batch
from tests.seggpt_core.training.data.made_shards import every_kind, write_members


def test_every_kind_is_timed_and_all_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_members(tmp_path / "all.tar", every_kind())
    config = tmp_path / "config.yaml"
    config.write_text(
        "data: [all.tar]\nlearning_rate: [[0, 0], [1, 1]]\nsizes: [[64, 64]]\nengine: {weights: {mix: 0, clip: 0}}\n"
    )
    options = ["--config", str(config), "--samples", "2", "--rounds", "1", "--frames", "3"]
    bench_samples.main(["--data", str(tmp_path), *options])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(result["cases"]) == ["composite", "whole", "pairs", "all", "planned", "painted"]
    assert result["frames"] == 3
    assert all(case["per_second"] > 0 for case in result["cases"].values())


def test_a_batch_of_even_pictures_without_objects_is_refused() -> None:
    frames = torch.zeros(1, 2, 3, 8, 8)
    empty = Batch(frames, frames[:, :, 0].long(), torch.zeros(1, 1, 3), torch.tensor([1]), torch.tensor([False]))
    with pytest.raises(WorkError, match=r"have 0 objects at least and colours with a standard deviation of 0\.000"):
        bench_samples.check(empty)
