"""The stages of a step add up to it, and a model without such stages is refused."""

import json
from pathlib import Path

import pytest

from benchmarks import bench_stages


def test_a_tiny_run_splits_a_step_into_its_stages(capsys: pytest.CaptureFixture[str]) -> None:
    bench_stages.main(["--size", "64,96", "--frames", "8", "--memory", "1", "--threads", "1"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    told = result["milliseconds"]
    assert all(figure > 0 for figure in told.values())
    assert {"stem", "match", "decoder", "remember", "tracker", "read", "write"} < set(told)


def test_the_stages_of_a_step_add_up_to_it() -> None:
    clock = {"stem": 2, "encode": 3, "segment": 6, "decoder": 2, "remember": 4, "prepare": 1, "step": 17}
    found = bench_stages.stages(clock)
    assert (found["rest of encoding"], found["match"], found["tracker"]) == (1, 4, 3)
    assert sum(found.values()) - found["step"] == found["step"] == 17


def test_the_medians_are_those_of_each_stage() -> None:
    step = dict.fromkeys(("stem", "encode", "segment", "decoder", "remember", "prepare", "step"), 0.0)
    steps = [step | {"stem": second, "encode": second, "step": second} for second in (0.001, 0.009, 0.002)]
    assert bench_stages.milliseconds(steps)["stem"] == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--frames", "20", "--memory", "5"], "--frames is 20: the memory is full after 20"),
        (["--frames", "2", "--tracker", "other.yaml"], "the model 'readout'"),
    ],
)
def test_what_cannot_be_split_is_refused(
    options: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("other.yaml").write_text("model: readout\nmemory: 1\n")
    with pytest.raises(SystemExit, match=words):
        bench_stages.main(options)
