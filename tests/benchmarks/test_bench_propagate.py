import json

import numpy as np
import pytest
import torch

from benchmarks import bench_propagate
from benchmarks.made_clip import OBJECTS, frames, label_map
from benchmarks.uncached import Uncached
from seggpt_core.checkpoint import load_model
from tests.tolerances import CACHED_VERSUS_UNCACHED

SIZE = (64, 96)


def test_the_clip_shows_the_objects_of_its_label_maps() -> None:
    pictures = list(frames(3, SIZE))
    assert [picture.shape for picture in pictures] == [(*SIZE, 3)] * 3
    assert np.unique(label_map(0, SIZE)).tolist() == list(range(OBJECTS + 1))
    ids = label_map(2, SIZE)
    ground, red = pictures[2][ids == 0].astype(int), pictures[2][ids == 1].astype(int)
    assert np.ptp(ground, axis=1).max() == 0  # the ground is grey
    assert (red[:, 0] > red[:, 2]).all()


def test_the_clip_is_the_same_every_time() -> None:
    for one, other in zip(frames(2, SIZE), frames(2, SIZE), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_model_without_the_cache_paints_the_same() -> None:
    cached = load_model("readout", device=torch.device("cpu"))
    uncached = Uncached(cached)
    painted = []
    for model in (cached, uncached):
        generator = torch.Generator().manual_seed(0)
        images = torch.rand(3, 3, 32, 48, generator=generator)
        targets = torch.rand(2, 3, 32, 48, generator=generator)
        encoded = [model.encode_frame(image) for image in images]
        prompts = model.prepare([model.encode_prompts(frame, targets) for frame in encoded[:2]])
        painted.append(model.segment(encoded[2], prompts))
    torch.testing.assert_close(painted[1], painted[0], rtol=0, atol=CACHED_VERSUS_UNCACHED)


def test_a_tiny_run_reports_every_case_in_its_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Two processes: one checks, one times. The figures themselves are not judged."""
    sizes = ["--size", "64,96", "--frames", "3", "--memory", "1", "--objects", "1"]
    bench_propagate.main([*sizes, "--cache", "on", "--rounds", "1", "--threads", "1", "--model", "readout"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    (case,) = result["cases"]
    assert (case["frames"], case["memory"], case["objects"], case["cached"]) == (3, 1, 1, True)
    assert case["model_input"] == [352, 528]
    assert min(case["frames_per_second"], case["reference_loads_per_frame"], case["peak_memory_mib"]) > 0
    assert result["cache_speedup"] == result["memory_growth"] == []


def test_options_outside_their_range_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        bench_propagate.main(["--objects", "7"])
    assert refused.value.code == 2
    assert "objects 1 to 6" in capsys.readouterr().err
