"""Seconds and peak memory to score a data set of DAVIS's size: ours beside `vos-benchmark` 0.1.0.

    python -m benchmarks.bench_scoring --data davis2017 --results davis2017_results/osvos --processes 2 --rounds 3

Twenty sequences at 480p are made from those below --data (`scoring_set.py`). Both programs score them with the same
number of worker processes, each time from a fresh interpreter, in interleaved rounds. A time goes from the folders
to the totals: opening the set, starting the workers, reading, scoring; not the imports. First every object's J and
F must be the same within 1e-9. Progress goes to stderr; the last line of stdout is the result as JSON.

`vos-benchmark` asks for an OpenCV that would overwrite the headless one, so it is installed without what it asks for:

    pip install -c constraints.txt '.[scoring-parity]'
    pip install --no-deps vos-benchmark==0.1.0
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import harness
from benchmarks.scoring_case import CASES, OURS, THEIRS, ObjectMeans, Outcome
from benchmarks.scoring_set import HEIGHT, WIDTH, ScoringSet, make_set

MOST = 1e-9
"""Absolute, on J and F in 0..1: the counts are the same, a mean's sum may go in another order."""
_VERSIONS = ("vos-benchmark", "scikit-image", "opencv-python-headless", "pillow", "numpy")


class WrongOutput(Exception):
    """The two do not agree; a time would mean nothing."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        made = make_set(options.data, options.results, Path(folder), options.sequences)
        harness.tell(f"made {made.sequences} sequences with {made.frames} scored frames")
        checked = {name: call(name, made, options.processes) for name in CASES}
        difference = largest_difference(checked[OURS].objects, checked[THEIRS].objects)
        harness.tell(f"{len(checked[OURS].objects)} objects agree within {difference:.1e}")
        peaks = {name: outcome.peak_memory_mib for name, outcome in checked.items()}

        def seconds_per_frame(name: str) -> float:
            outcome = call(name, made, options.processes)
            peaks[name] = max(peaks[name], outcome.peak_memory_mib)
            harness.tell(f"{name}: {outcome.seconds:.2f} s, {outcome.peak_memory_mib:.0f} MiB a worker")
            return outcome.seconds / made.frames

        rounds = harness.interleave(
            {name: lambda name=name: seconds_per_frame(name) for name in CASES},  # type: ignore[misc]
            options.rounds,
            harness.ReferenceLoad().time,
        )
    harness.print_result(
        {
            "benchmark": "scoring",
            "machine": harness.describe_machine(),
            "versions": {name: version(name) for name in _VERSIONS},
            "processes": options.processes,
            "set": {
                "sequences": made.sequences,
                "scored_frames": made.frames,
                "objects": len(checked[OURS].objects),
                "size": [HEIGHT, WIDTH],
                "predictions": "perturbed truth" if options.results is None else "given results, else perturbed truth",
            },
            "JF": {name: mean_jf(outcome.objects) for name, outcome in checked.items()},
            "largest_difference": difference,
            "reference": harness.describe_reference(rounds),
            "cases": {name: _case(name, rounds, made.frames, peaks) for name in CASES},
            "times_faster": harness.speedup(rounds, OURS, THEIRS),
        }
    )


def call(name: str, made: ScoringSet, processes: int) -> Outcome:
    """Run `benchmarks.scoring_case` and return what it found."""
    found = harness.call("benchmarks.scoring_case", name, str(made.root), str(made.results), str(processes))
    return Outcome(**{**found, "objects": [ObjectMeans(**one) for one in found["objects"]]})


def largest_difference(ours: Sequence[ObjectMeans], theirs: Sequence[ObjectMeans]) -> float:
    """Over every object's J and F; WrongOutput above the bound or where the objects are not the same."""
    mine, others = _by_object(ours), _by_object(theirs)
    if set(mine) != set(others):
        raise WrongOutput(f"objects that only one of both scores: {sorted(set(mine) ^ set(others))}")
    largest = 0.0
    for key, one in mine.items():
        for ours_is, theirs_is in ((one.j, others[key].j), (one.f, others[key].f)):
            if not abs(ours_is - theirs_is) <= MOST:
                raise WrongOutput(f"{key}: {ours_is} and {theirs_is}; at most {MOST} apart is right")
            largest = max(largest, abs(ours_is - theirs_is))
    return largest


def mean_jf(objects: Sequence[ObjectMeans]) -> float:
    """J&F over objects, 0..1."""
    return sum((one.j + one.f) / 2 for one in objects) / len(objects)


def _by_object(objects: Sequence[ObjectMeans]) -> dict[tuple[str, int], ObjectMeans]:
    return {(one.sequence, one.object_id): one for one in objects}


def _case(name: str, rounds: Sequence[harness.Round], frames: int, peaks: Mapping[str, float]) -> dict[str, Any]:
    summary = harness.summarise(rounds, name)
    return {
        "seconds": frames / summary["per_second"],
        "frames_per_second": summary["per_second"],
        "frames_per_second_rounds": summary["per_second_rounds"],
        "reference_loads_per_frame": summary["reference_loads_per_unit"],
        "peak_memory_mib_per_worker": peaks[name],
    }


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT", help="of DAVIS 2017")
    parser.add_argument("--results", type=Path, metavar="DIR", help="masks of some of its sequences")
    parser.add_argument("--sequences", type=int, default=20)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    if min(options.sequences, options.processes, options.rounds) < 1:
        parser.error("sequences, processes and rounds must be at least 1")
    return options


if __name__ == "__main__":
    main()
