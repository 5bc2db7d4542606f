import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import bench_overhead
from benchmarks.harness import ReferenceTime, Round
from benchmarks.made_clip import label_map, write_clip
from benchmarks.overhead_case import Case, answer, require_equal
from benchmarks.propagate_case import WrongOutput
from tests.vos.cli.flat_film import loader
from vos.io import write_mask

SECOND = ReferenceTime(convolutions=0.75, matrix_product=0.25)


def test_a_tiny_run_tells_what_files_cost(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """In this process, with the fake model; the figures themselves are not judged."""
    monkeypatch.setattr(bench_overhead, "call", lambda case, what: answer(what, case))
    for module in ("benchmarks.overhead_case", "vos.models"):
        monkeypatch.setattr(f"{module}.build_model", loader())
    bench_overhead.main(["--size", "64,96", "--frames", "3", "--rounds", "1", "--kinds", "qtrle"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (result["frames"], result["model"]["name"], list(result["kinds"])) == (3, "shade", ["qtrle"])
    alone, run = (result[name]["frames_per_second"] for name in ("tracker", "run"))
    assert result["added_percent"] == pytest.approx(100 * (alone / run - 1))
    assert result["added_percent_rounds"] == [result["added_percent"]]


def test_a_case_has_a_process_of_its_own(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", 2, (64, 96))
    write_mask(tmp_path / "mask.png", label_map(0, (64, 96), 1))
    case = Case(
        clip=str(tmp_path / "clip.mp4"),
        mask=str(tmp_path / "mask.png"),
        frames=2,
        objects=1,
        kinds=None,
        threads=1,
        cores=1,
        tracker="default",
        model="readout",
    )
    assert bench_overhead.seconds_per_frame(case) > 0


def test_what_a_run_adds_is_compared_within_rounds_and_may_be_less_than_nothing() -> None:
    rounds = [
        Round(reference=SECOND, seconds_per_unit={"tracker": tracker, "run": run})
        for tracker, run in ((2.0, 1.5), (1.0, 1.5), (4.0, 3.6))
    ]
    assert bench_overhead.added_percent(rounds, "run", "tracker") == pytest.approx(-10)


def test_other_masks_than_the_trackers_own_are_an_error() -> None:
    own = [np.zeros((2, 5), np.uint8)] * 2
    require_equal("masks", own, own)
    other = own[0].copy()
    other[0, 0] = 1
    with pytest.raises(WrongOutput, match=r"masks: 10.00% of frame 1 differ from the tracker's own mask"):
        require_equal("masks", own, [own[0], other])
    with pytest.raises(WrongOutput, match="masks: 1 masks for 2 frames"):
        require_equal("masks", own, own[:1])


@pytest.mark.parametrize(("option", "told"), [("--kinds=overlay", "no kind overlay"), ("--objects=7", "1 to 6")])
def test_options_outside_their_range_are_refused(option: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        bench_overhead.main([option])
    assert refused.value.code == 2
    assert told in capsys.readouterr().err
