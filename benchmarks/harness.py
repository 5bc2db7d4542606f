"""Timing that can be compared between days and machines.

Cases are timed in interleaved rounds, so that a slow minute touches all of them, and beside a fixed
reference load whose time tells how fast the machine was in that round. A case is reported by its medians
over the rounds, and as a quotient: how many reference loads one of its units takes.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

_ROOT = Path(__file__).resolve().parents[1]
REFERENCE_THREADS = 2
CONVOLUTIONS = "4 x [conv 3x3 64->64, ReLU] on 1x64x120x214"
MATRIX_PRODUCT = "1536x1536 @ 1536x1536"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferenceTime:
    """Seconds of the reference load's two parts, float32 on two CPU threads."""

    convolutions: float
    matrix_product: float

    @property
    def total(self) -> float:
        return self.convolutions + self.matrix_product


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """What every case gave in one round, and the machine's speed in it."""

    reference: ReferenceTime
    seconds_per_unit: Mapping[str, float]


class ReferenceLoad:
    """The fixed load: a convolution stack and a matrix product, with the same numbers every time."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        layers = [layer for _ in range(4) for layer in (nn.Conv2d(64, 64, 3, padding=1), nn.ReLU())]
        self._stack = nn.Sequential(*layers).eval()
        self._maps = torch.rand(1, 64, 120, 214, generator=generator)
        self._matrix = torch.rand(1536, 1536, generator=generator)

    @torch.inference_mode()
    def time(self, repeats: int = 5) -> ReferenceTime:
        """Median of `repeats`, after one that is not counted."""
        threads = torch.get_num_threads()
        torch.set_num_threads(REFERENCE_THREADS)
        try:
            return ReferenceTime(
                convolutions=_median_seconds(lambda: self._stack(self._maps), repeats),
                matrix_product=_median_seconds(lambda: self._matrix @ self._matrix, repeats),
            )
        finally:
            torch.set_num_threads(threads)


def interleave(
    cases: Mapping[str, Callable[[], float]], rounds: int, reference: Callable[[], ReferenceTime]
) -> list[Round]:
    """Time every case once a round; each returns its seconds per unit (a frame, say).

    The order turns by one case a round, so that none always follows the same neighbour.
    """
    names = list(cases)
    done = []
    for number in range(rounds):
        turn = number % len(names)
        load = reference()
        seconds = {name: cases[name]() for name in names[turn:] + names[:turn]}
        done.append(Round(reference=load, seconds_per_unit=seconds))
    return done


def summarise(rounds: Sequence[Round], case: str) -> dict[str, Any]:
    """Units a second (median and every round) and reference loads per unit (median of the rounds' quotients)."""
    seconds = [one.seconds_per_unit[case] for one in rounds]
    quotients = [one.seconds_per_unit[case] / one.reference.total for one in rounds]
    return {
        "per_second": statistics.median(1 / value for value in seconds),
        "per_second_rounds": [1 / value for value in seconds],
        "reference_loads_per_unit": statistics.median(quotients),
    }


def summarise_frames(rounds: Sequence[Round], case: str) -> dict[str, Any]:
    """The same where a unit is a frame."""
    summary = summarise(rounds, case)
    return {
        "frames_per_second": summary["per_second"],
        "frames_per_second_rounds": summary["per_second_rounds"],
        "reference_loads_per_frame": summary["reference_loads_per_unit"],
    }


def speedup(rounds: Sequence[Round], fast: str, slow: str) -> float:
    """How many times faster `fast` is: the median of the quotients within each round."""
    return statistics.median(one.seconds_per_unit[slow] / one.seconds_per_unit[fast] for one in rounds)


def describe_reference(rounds: Sequence[Round]) -> dict[str, Any]:
    """What the load is and how long it took."""
    return {
        "convolutions": CONVOLUTIONS,
        "matrix_product": MATRIX_PRODUCT,
        "dtype": "float32",
        "threads": REFERENCE_THREADS,
        "rounds": [asdict(one.reference) for one in rounds],
        "median_seconds": statistics.median(one.reference.total for one in rounds),
    }


def describe_machine() -> dict[str, Any]:
    """Processor, cores that this process may use, and versions."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def call(module: str, *arguments: str) -> dict[str, Any]:
    """Run `python -m module` in a process of its own; the JSON of its last line. Its error goes to stderr."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def print_result(result: Mapping[str, Any]) -> None:
    """Last line of every benchmark: its result as JSON."""
    print(json.dumps(result), flush=True)


def _median_seconds(work: Callable[[], object], repeats: int) -> float:
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def tell(line: str) -> None:
    """Progress: standard output is for the result alone."""
    print(line, file=sys.stderr, flush=True)


def numbers(text: str) -> list[int]:
    """`480,854` → [480, 854], for options."""
    return [int(part) for part in text.split(",")]
