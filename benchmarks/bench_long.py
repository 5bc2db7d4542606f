"""Peak memory of `vos propagate` over a long clip and a short one: it must not grow with the clip.

    python -m benchmarks.bench_long
    python -m benchmarks.bench_long --model compact --frames 500,2000

The first is the pipeline alone, with a model that does nothing, over 500 and 20,000 frames of 480p; the second is the
real model. Each run reads an H.264 file and writes masks, overlay, confidence and its journal, in a process of its own.
A few distinct frames are encoded once and repeated as packets, so that the longest clip is made in seconds. Progress
goes to stderr; the last line of stdout is the result as JSON.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks import harness
from benchmarks.made_clip import OBJECTS, label_map, write_repeated_clip
from benchmarks.overhead_case import Case
from benchmarks.propagate_case import WrongOutput
from vos.exports.plan import OVERLAY_FILE
from vos.exports.settings import OVERLAY
from vos.io import write_mask

ALLOWED_PERCENT = 10
"""By which the long clip's peak may differ from the short one's."""
IDLE = "benchmarks.idle_model:IdleModel"


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    size = (options.size[0], options.size[1])
    with tempfile.TemporaryDirectory() as folder:
        clip, mask = Path(folder) / "clip.mp4", Path(folder) / "mask.png"
        write_repeated_clip(clip, max(options.frames), size)
        write_mask(mask, label_map(0, size, options.objects))
        case = _case(options, clip, mask)
        records = {frames: record_of(replace(case, frames=frames)) for frames in options.frames}
    harness.print_result(_result(options, records))


def record_of(case: Case) -> dict[str, Any]:
    """What run.json says of a run in a process of its own."""
    record = harness.call("benchmarks.overhead_case", "run", json.dumps(asdict(case)))
    require_whole(record, case.frames)
    harness.tell(f"{case.frames} frames: {record['peak_memory_mib']:.0f} MiB")
    return record


def require_whole(record: Mapping[str, Any], frames: int) -> None:
    """WrongOutput unless the run wrote its overlay and a mask a frame."""
    masks = sum(name.startswith("masks/") for name in record["outputs"])
    if masks != frames or OVERLAY_FILE not in record["outputs"]:
        raise WrongOutput(f"{masks} masks for {frames} frames, or no {OVERLAY_FILE}")


def growth_percent(records: Mapping[int, Mapping[str, Any]]) -> float:
    """By how much the longest clip's peak is above the shortest one's; below 0 where it is lower."""
    short, long = records[min(records)], records[max(records)]
    return 100 * float(long["peak_memory_mib"] / short["peak_memory_mib"] - 1)


def _case(options: argparse.Namespace, clip: Path, mask: Path) -> Case:
    return Case(
        clip=str(clip),
        mask=str(mask),
        frames=min(options.frames),
        objects=options.objects,
        kinds=[OVERLAY],
        threads=options.threads,
        cores=options.cores,
        tracker=options.tracker,
        model=options.model,
    )


def _result(options: argparse.Namespace, records: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    told = records[min(records)]
    return {
        "benchmark": "long",
        "clip": {"size": options.size, "codec": "h264", "rate": 24, "made_by": "benchmarks/made_clip.py"},
        "objects": options.objects,
        "machine": harness.describe_machine(),
        "cores": options.cores,
        "threads": options.threads,
        "model": told["model"],
        "settings": told["settings"],
        "cases": [
            {
                "frames": record["timing"]["frames"],
                "peak_memory_mib": record["peak_memory_mib"],
                "frames_per_second": record["timing"]["frames_per_second"],
            }
            for record in records.values()
        ],
        "growth_percent": growth_percent(records),
        "allowed_percent": ALLOWED_PERCENT,
    }


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=harness.numbers, default=[500, 20_000], metavar="N,N", help="clip lengths")
    parser.add_argument("--objects", type=int, default=1, help=f"1 to {OBJECTS}")
    parser.add_argument("--size", type=harness.numbers, default=[480, 854], metavar="H,W", help="of the clip; even")
    parser.add_argument("--cores", type=int, default=2, help="that a case may use")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch, in each case; more cost no memory")
    parser.add_argument("--tracker", default="default", help="preset or YAML file")
    parser.add_argument("--model", default=IDLE, help="a name, or package.module:Class; by default it does nothing")
    options = parser.parse_args(arguments)
    if min(*options.frames, options.objects, options.cores, options.threads) < 1 or options.objects > OBJECTS:
        parser.error(f"frames, cores and threads must be at least 1, objects 1 to {OBJECTS}")
    if len(set(options.frames)) < 2:
        parser.error("--frames needs two lengths, as in 500,20000")
    return options


if __name__ == "__main__":
    main()
