"""Frames a second and peak memory of `vos propagate` at 480p, with and without the prompt cache.

    python -m benchmarks.bench_propagate
    python -m benchmarks.bench_propagate --frames 100 --memory 8 --objects 1 --rounds 5

The default is every combination and takes hours on two cores. A made clip is encoded once as H.264; each case
reads it, tracks it and writes its masks in a process of its own. `uncached` is the same tracker with a model
that encodes every prompt again for each frame, stem included. Progress goes to stderr; the last line of stdout
is the result as JSON.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks import harness
from benchmarks.made_clip import OBJECTS, write_clip
from benchmarks.propagate_case import Case


@dataclass
class Runner:
    """Times cases in processes of their own and remembers each one's highest peak."""

    peaks: dict[str, float]

    def seconds_per_frame(self, case: Case) -> float:
        result = call(case, "time")
        self.peaks[case.name] = max(self.peaks.get(case.name, 0.0), result["peak_memory_mib"])
        harness.tell(f"{case.name}: {1 / result['seconds_per_frame']:.2f} fps, {result['peak_memory_mib']:.0f} MiB")
        return float(result["seconds_per_frame"])


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip, max(options.frames), tuple(options.size))
        cases = _cases(options, clip)
        checks = {case.name: call(case, "check") for case in cases}
        harness.tell(f"{len(cases)} cases give what they must")
        runner = Runner(peaks={})
        rounds = harness.interleave(
            {case.name: lambda case=case: runner.seconds_per_frame(case) for case in cases},  # type: ignore[misc]
            options.rounds,
            harness.ReferenceLoad().time,
        )
    harness.print_result(_result(options, cases, checks, rounds, runner.peaks))


def call(case: Case, what: str) -> dict[str, Any]:
    """Run `benchmarks.propagate_case` and return what it printed."""
    return harness.call("benchmarks.propagate_case", what, json.dumps(asdict(case)))


def _cases(options: argparse.Namespace, clip: Path) -> list[Case]:
    return [
        Case(
            clip=str(clip),
            height=options.size[0],
            width=options.size[1],
            frames=frames,
            memory=memory,
            objects=objects,
            cached=cached,
            threads=options.threads,
            tracker=options.tracker,
            model=options.model,
            weights=options.weights,
        )
        for frames, memory, objects, cached in product(
            options.frames, options.memory, options.objects, _CACHE[options.cache]
        )
    ]


def _result(
    options: argparse.Namespace,
    cases: Sequence[Case],
    checks: dict[str, dict[str, Any]],
    rounds: Sequence[harness.Round],
    peaks: dict[str, float],
) -> dict[str, Any]:
    told = ("model", "weights_sha256", "model_input")
    return {
        "benchmark": "propagate",
        "clip": {"size": options.size, "codec": "h264", "rate": 24, "made_by": "benchmarks/made_clip.py"},
        "machine": harness.describe_machine(),
        "threads": options.threads,
        "rounds": options.rounds,
        "reference": harness.describe_reference(rounds),
        "settings": checks[cases[0].name]["settings"] | {"memory": "as each case says"},
        "cases": [
            {
                "frames": case.frames,
                "memory": case.memory,
                "objects": case.objects,
                "cached": case.cached,
                **{name: checks[case.name][name] for name in told},
                **harness.summarise_frames(rounds, case.name),
                "peak_memory_mib": peaks[case.name],
            }
            for case in cases
        ],
        "cache_speedup": _cache_speedups(cases, rounds),
        "memory_growth": _memory_growth(cases, peaks),
    }


def _cache_speedups(cases: Sequence[Case], rounds: Sequence[harness.Round]) -> list[dict[str, Any]]:
    """How many times faster the prompt cache makes each case that was timed both ways."""
    names = {case.name for case in cases}
    pairs = [(case, replace(case, cached=False)) for case in cases if case.cached]
    return [
        {"frames": one.frames, "memory": one.memory, "objects": one.objects}
        | {"times": harness.speedup(rounds, one.name, other.name)}
        for one, other in pairs
        if other.name in names
    ]


def _memory_growth(cases: Sequence[Case], peaks: dict[str, float]) -> list[dict[str, Any]]:
    """Peak memory of the longest clip over that of the shortest, for otherwise equal cases."""
    short, long = min(case.frames for case in cases), max(case.frames for case in cases)
    return [
        {"memory": case.memory, "objects": case.objects, "cached": case.cached, "frames": [short, long]}
        | {"quotient": peaks[replace(case, frames=long).name] / peaks[case.name]}
        for case in cases
        if case.frames == short and short != long
    ]


_CACHE = {"both": (True, False), "on": (True,), "off": (False,)}


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=harness.numbers, default=[100, 400], metavar="N,N", help="clip lengths")
    parser.add_argument("--memory", type=harness.numbers, default=[1, 4, 8], metavar="K,K", help="remembered frames")
    parser.add_argument("--objects", type=harness.numbers, default=[1, 6], metavar="N,N", help=f"1 to {OBJECTS}")
    parser.add_argument("--cache", choices=_CACHE, default="both")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="of PyTorch, in each case")
    parser.add_argument("--size", type=harness.numbers, default=[480, 854], metavar="H,W", help="of the clip; even")
    parser.add_argument("--tracker", default="default", help="preset or YAML file")
    parser.add_argument("--model", help="instead of the preset's")
    parser.add_argument("--weights", help="instead of the model's own")
    options = parser.parse_args(arguments)
    if min(*options.frames, *options.objects, options.rounds, options.threads) < 1 or max(options.objects) > OBJECTS:
        parser.error(f"frames, rounds and threads must be at least 1, objects 1 to {OBJECTS}")
    return options


if __name__ == "__main__":
    main()
