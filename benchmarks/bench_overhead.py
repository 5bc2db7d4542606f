"""What reading a clip and writing its files add to the tracker's own time, on two cores.

    python -m benchmarks.bench_overhead
    python -m benchmarks.bench_overhead --kinds '' --rounds 9

`tracker` is the tracker alone, over decoded frames that lie in memory; `run` is `vos propagate` from an H.264 file to
masks, overlay, confidence and its journal. Each of `--kinds` is written by a run besides, its edges refined as ever.
Since a run reads, tracks and writes side by side, what it adds may be less than nothing. A made clip, every case in a
process of its own, warmed up on a few frames. Progress goes to stderr; the last line of stdout is the result as JSON.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import harness
from benchmarks.made_clip import OBJECTS, label_map, write_clip
from benchmarks.overhead_case import TRACKER, Case
from vos.exports import KINDS
from vos.exports.settings import OVERLAY
from vos.io import write_mask

RUN = "run"
ALLOWED_PERCENT = 15
"""Of the tracker's own time: what masks and overlay may add."""
_OTHERS = tuple(kind for kind in KINDS if kind != OVERLAY)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    size = (options.size[0], options.size[1])
    with tempfile.TemporaryDirectory() as folder:
        clip, mask = Path(folder) / "clip.mp4", Path(folder) / "mask.png"
        write_clip(clip, options.frames, size)
        write_mask(mask, label_map(0, size, options.objects))
        cases = _cases(options, clip, mask)
        checks = {name: call(case, "check") for name, case in cases.items()}
        harness.tell(f"{len(cases)} cases give what they must")
        rounds = harness.interleave(
            {name: partial(seconds_per_frame, case) for name, case in cases.items()},
            options.rounds,
            harness.ReferenceLoad().time,
        )
    harness.print_result(_result(options, checks, rounds))


def call(case: Case, what: str) -> dict[str, Any]:
    """Run `benchmarks.overhead_case` and return what it printed."""
    return harness.call("benchmarks.overhead_case", what, json.dumps(asdict(case)))


def seconds_per_frame(case: Case) -> float:
    seconds = float(call(case, "time")["seconds_per_frame"])
    harness.tell(f"{case.name}: {1000 * seconds:.1f} ms a frame")
    return seconds


def added_percent(rounds: Sequence[harness.Round], slow: str, fast: str) -> float:
    """How much longer `slow` takes, in percent of `fast`: the median of the rounds; below 0 where it is faster."""
    return 100 * (harness.speedup(rounds, fast, slow) - 1)


def _cases(options: argparse.Namespace, clip: Path, mask: Path) -> dict[str, Case]:
    wanted: dict[str, list[str] | None] = {TRACKER: None, RUN: [OVERLAY]}
    wanted |= {kind: [OVERLAY, kind] for kind in options.kinds}
    return {
        name: Case(
            clip=str(clip),
            mask=str(mask),
            frames=options.frames,
            objects=options.objects,
            kinds=kinds,
            threads=options.threads,
            cores=options.cores,
            tracker=options.tracker,
            model=options.model,
        )
        for name, kinds in wanted.items()
    }


def _result(
    options: argparse.Namespace, checks: dict[str, dict[str, Any]], rounds: Sequence[harness.Round]
) -> dict[str, Any]:
    return {
        "benchmark": "overhead",
        "clip": {"size": options.size, "codec": "h264", "rate": 24, "made_by": "benchmarks/made_clip.py"},
        "frames": options.frames,
        "objects": options.objects,
        "machine": harness.describe_machine(),
        "cores": options.cores,
        "threads": options.threads,
        "rounds": options.rounds,
        "reference": harness.describe_reference(rounds),
        "model": checks[RUN]["model"],
        "settings": checks[RUN]["settings"],
        TRACKER: harness.summarise_frames(rounds, TRACKER),
        RUN: harness.summarise_frames(rounds, RUN),
        "added_percent": added_percent(rounds, RUN, TRACKER),
        "added_percent_rounds": [added_percent([one], RUN, TRACKER) for one in rounds],
        "allowed_percent": ALLOWED_PERCENT,
        "kinds": {kind: _kind(rounds, kind) for kind in options.kinds},
    }


def _kind(rounds: Sequence[harness.Round], kind: str) -> dict[str, float]:
    """What one more kind adds to the run."""
    added = [one.seconds_per_unit[kind] - one.seconds_per_unit[RUN] for one in rounds]
    return {
        "added_milliseconds_a_frame": 1000 * statistics.median(added),
        "added_percent": added_percent(rounds, kind, RUN),
    }


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--objects", type=int, default=1, help=f"1 to {OBJECTS}")
    parser.add_argument("--size", type=harness.numbers, default=[480, 854], metavar="H,W", help="of the clip; even")
    parser.add_argument("--kinds", type=_kinds, default=list(_OTHERS), metavar="KIND,KIND", help="besides the overlay")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cores", type=int, default=2, help="that a case may use")
    parser.add_argument("--threads", type=int, default=2, help="of PyTorch, in each case")
    parser.add_argument("--tracker", default="default", help="preset or YAML file")
    parser.add_argument("--model", help="instead of the preset's")
    options = parser.parse_args(arguments)
    if min(options.frames, options.objects, options.rounds, options.cores, options.threads) < 1:
        parser.error("frames, objects, rounds, cores and threads must be at least 1")
    if options.objects > OBJECTS:
        parser.error(f"objects must be 1 to {OBJECTS}")
    return options


def _kinds(text: str) -> list[str]:
    kinds = [part for part in text.split(",") if part]
    if unknown := sorted(set(kinds) - set(_OTHERS)):
        raise argparse.ArgumentTypeError(f"no kind {', '.join(unknown)}; the kinds are {', '.join(_OTHERS)}")
    return kinds


if __name__ == "__main__":
    main()
