import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from benchmarks import bench_long
from benchmarks.idle_model import IdleModel
from benchmarks.made_clip import write_repeated_clip
from benchmarks.propagate_case import WrongOutput
from seggpt_core.errors import InputError
from vos.io import open_clip

SIZE = (64, 96)
CPU = torch.device("cpu")


def test_a_tiny_run_tells_the_peak_of_each_length(capsys: pytest.CaptureFixture[str]) -> None:
    """Two processes. So short, the peaks say nothing of long clips."""
    bench_long.main(["--size", "64,96", "--frames", "20,60", "--threads", "1", "--cores", "1"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [case["frames"] for case in result["cases"]] == [20, 60]
    assert result["model"]["name"] == "idle"
    short, long = (case["peak_memory_mib"] for case in result["cases"])
    assert min(short, long) > 50  # Python with PyTorch alone
    assert result["growth_percent"] == pytest.approx(100 * (long / short - 1))


def test_growth_is_that_of_the_longest_clip_over_the_shortest() -> None:
    records: dict[int, dict[str, Any]] = {2000: {"peak_memory_mib": 450.0}, 500: {"peak_memory_mib": 500.0}}
    assert bench_long.growth_percent(records) == pytest.approx(-10)


@pytest.mark.parametrize("outputs", [["masks/0.png", "overlay.mp4"], ["masks/0.png", "masks/1.png"]])
def test_a_run_that_lacks_files_is_no_measurement(outputs: list[str]) -> None:
    with pytest.raises(WrongOutput, match=r"for 2 frames, or no overlay\.mp4"):
        bench_long.require_whole({"outputs": outputs}, frames=2)


def test_a_repeated_clip_shows_its_first_frames_over_and_over(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_repeated_clip(path, 11, SIZE, distinct=4)
    shown = list(open_clip(path))
    assert [frame.index for frame in shown] == list(range(11))
    for frame in shown[4:]:
        np.testing.assert_array_equal(frame.image, shown[frame.index % 4].image)
    assert not np.array_equal(shown[0].image, shown[1].image)
    with av.open(str(path)) as container:
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert keys == [index % 4 == 0 for index in range(11)]


def test_the_idle_model_paints_its_first_prompt_whatever_it_is_shown() -> None:
    model = IdleModel(weights=None, device=CPU)
    frame = model.encode_frame(torch.rand(3, 32, 48))
    first, second = (model.encode_prompts(frame, torch.full((2, 3, 8, 12), value)) for value in (0.25, 0.75))
    painted = model.segment(model.encode_frame(torch.rand(3, 32, 48)), model.prepare([first, second]))
    torch.testing.assert_close(painted, torch.full((2, 3, 8, 12), 0.25), rtol=0, atol=0)


def test_the_idle_model_refuses_weights_and_an_empty_memory() -> None:
    with pytest.raises(ValueError, match=r"some\.pth: a model that does nothing has no weights"):
        IdleModel(weights=Path("some.pth"), device=CPU)
    with pytest.raises(InputError, match="no prompts"):
        IdleModel(weights=None, device=CPU).prepare([])


@pytest.mark.parametrize(
    ("option", "told"), [("--frames=500", "two lengths"), ("--frames=0,5", "at least 1"), ("--objects=7", "1 to 6")]
)
def test_options_outside_their_range_are_refused(option: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        bench_long.main([option])
    assert refused.value.code == 2
    assert told in capsys.readouterr().err
