"""Frames a second of every reader of video that this machine has, each held to PyAV's frames first.

    python -m benchmarks.bench_readers
    python -m benchmarks.bench_readers --device cuda --size 1080,1920 --rounds 9

A made clip is encoded as H.264 and read from its first frame to its last. Readers that decode to a GPU are timed until
their frames are there; with `--device cuda` the time to bring PyAV's frames there is counted too, since the tracker
wants them there. Readers that cannot be taken are listed with the reason. Progress goes to stderr; the last line of
stdout is the result as JSON.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import harness
from benchmarks.made_clip import write_clip
from vos.errors import InputError
from vos.io import open_clip
from vos.io.readers.choose import READERS

REFERENCE = "pyav"
MOST_DIFFERENCE = 2.0
"""Levels of 255, on average over a frame, by which a reader's may differ from PyAV's: ways to enlarge chroma do."""


class WrongFrames(Exception):
    """A reader's frames are not PyAV's; its time would mean nothing."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip, options.frames, tuple(options.size))
        agreement, refused = check(clip, options.device)
        for name, reason in refused.items():
            harness.tell(f"{name} is left out: {reason}")
        rounds = harness.interleave(
            {name: partial(_timed, clip, name, options.device) for name in agreement},
            options.rounds,
            harness.ReferenceLoad().time,
        )
    harness.print_result(_result(options, agreement, refused, rounds))


def check(clip: Path, device: str) -> tuple[dict[str, float], dict[str, str]]:
    """Reader → largest mean difference of one of its frames from PyAV's, and reader → why it cannot be taken.

    Raises WrongFrames where a number, a time or a picture is not PyAV's.
    """
    agreement, refused = {REFERENCE: 0.0}, {}
    for name in (name for name in READERS if name not in ("auto", "images", REFERENCE)):
        try:
            found = open_clip(clip, reader=name, device=device)
        except InputError as reason:
            refused[name] = str(reason).replace(str(clip), "the clip")
            continue
        worst = 0.0
        for one, other in zip(found, open_clip(clip, reader=REFERENCE), strict=True):
            if (one.index, one.pts, one.time_base) != (other.index, other.pts, other.time_base):
                raise WrongFrames(f"{name}: frame {one.index} at {one.pts} is PyAV's {other.index} at {other.pts}")
            worst = max(worst, float(np.abs(one.image.astype(np.int16) - other.image).mean()))
        if worst > MOST_DIFFERENCE:
            raise WrongFrames(f"{name}: a frame differs from PyAV's by {worst:.2f} levels on average")
        agreement[name] = worst
    return agreement, refused


def _timed(clip: Path, name: str, device: str) -> float:
    """Seconds a frame, once the clip is open."""
    opened = open_clip(clip, reader=name, device=device)
    began, count = time.perf_counter(), 0
    for frame in opened:
        pixels = frame.pixels
        if device == "cuda" and isinstance(pixels, np.ndarray):
            torch.from_numpy(pixels).to(device)
        count += 1
    if device == "cuda":
        torch.cuda.synchronize()
    seconds = (time.perf_counter() - began) / count
    harness.tell(f"{name}: {1 / seconds:.0f} frames/s")
    return seconds


def _result(
    options: argparse.Namespace, agreement: dict[str, float], refused: dict[str, str], rounds: Sequence[harness.Round]
) -> dict[str, Any]:
    return {
        "benchmark": "readers",
        "clip": {"size": options.size, "frames": options.frames, "codec": "h264", "made_by": "benchmarks/made_clip.py"},
        "device": torch.cuda.get_device_name() if options.device == "cuda" else "cpu",
        "machine": harness.describe_machine(),
        "threads": options.threads,
        "rounds": options.rounds,
        "reference": harness.describe_reference(rounds),
        "readers": [
            {
                "reader": name,
                "mean_difference": difference,
                **harness.summarise(rounds, name),
                "times_pyav": harness.speedup(rounds, name, REFERENCE),
            }
            for name, difference in agreement.items()
        ],
        "left_out": refused,
    }


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=200, help="length of the clip")
    parser.add_argument("--size", type=harness.numbers, default=[480, 854], metavar="H,W", help="of the clip; even")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="of PyTorch")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where the frames are wanted")
    options = parser.parse_args(arguments)
    if min(options.frames, options.rounds, options.threads) < 1:
        parser.error("frames, rounds and threads must be at least 1")
    return options


if __name__ == "__main__":
    main()
