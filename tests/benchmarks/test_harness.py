import json
from collections.abc import Callable

import pytest
import torch

from benchmarks import harness
from benchmarks.harness import ReferenceTime, Round

SECOND = ReferenceTime(convolutions=0.75, matrix_product=0.25)


def test_rounds_are_interleaved_and_turn() -> None:
    called: list[str] = []

    def case(name: str) -> Callable[[], float]:
        def work() -> float:
            called.append(name)
            return float(len(called))

        return work

    def reference() -> ReferenceTime:
        called.append("reference")
        return SECOND

    rounds = harness.interleave({name: case(name) for name in "abc"}, 2, reference)
    assert called == ["reference", "a", "b", "c", "reference", "b", "c", "a"]
    assert rounds[1].seconds_per_unit == {"b": 6.0, "c": 7.0, "a": 8.0}


def test_a_summary_holds_medians_over_rounds() -> None:
    rounds = [
        Round(reference=ReferenceTime(convolutions=load / 2, matrix_product=load / 2), seconds_per_unit={"a": seconds})
        for seconds, load in ((0.5, 1.0), (0.25, 0.25), (2.0, 1.0))
    ]
    summary = harness.summarise(rounds, "a")
    assert summary == {
        "per_second": 2.0,
        "per_second_rounds": [2.0, 4.0, 0.5],
        "reference_loads_per_unit": 1.0,
    }
    assert harness.describe_reference(rounds)["median_seconds"] == 1.0


def test_speedup_compares_within_rounds() -> None:
    rounds = [
        Round(reference=SECOND, seconds_per_unit={"fast": fast, "slow": slow})
        for fast, slow in ((1.0, 3.0), (10.0, 40.0), (1.0, 5.0))
    ]
    assert harness.speedup(rounds, "fast", "slow") == 4.0


def test_the_reference_load_takes_time_and_restores_the_threads() -> None:
    threads = torch.get_num_threads()
    taken = harness.ReferenceLoad().time(repeats=1)
    assert taken.convolutions > 0
    assert taken.total == taken.convolutions + taken.matrix_product
    assert torch.get_num_threads() == threads


def test_the_result_is_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    harness.print_result({"benchmark": "x", "cases": [1.5]})
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"benchmark": "x", "cases": [1.5]}
