"""One case of bench_overhead or bench_long, in a process of its own: no case finds what another has warmed or filled.

Called by them as `python -m benchmarks.overhead_case check|time|run CASE-AS-JSON`; prints JSON.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.bench_exports import pictures
from benchmarks.propagate_case import CHECKED_FRAMES, WrongOutput, require_tracked
from vos.cli.main import exit_status
from vos.exports.plan import OVERLAY_FILE
from vos.exports.settings import OVERLAY
from vos.guided import Guided
from vos.io import open_clip, read_mask
from vos.models import build_model
from vos.run_record import read_record
from vos.settings import load_tracker
from vos.tracker import Tracker
from vos.types import Frame, LabelMap

TRACKER = "tracker"
_WARM_FRAMES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What is run: the tracker over frames in memory, or `vos propagate` from a file to files."""

    clip: str
    mask: str
    """Of the first frame."""
    frames: int
    objects: int
    kinds: Sequence[str] | None
    """Exports of `vos propagate`; None is the tracker alone."""
    threads: int
    cores: int
    tracker: str
    model: str | None

    @property
    def name(self) -> str:
        return TRACKER if self.kinds is None else "+".join(["masks", *self.kinds])


def main(arguments: list[str]) -> None:
    what, case = arguments[0], Case(**json.loads(arguments[1]))
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: case.cores])
    torch.set_num_threads(case.threads)
    print(json.dumps(answer(what, case)))


def answer(what: str, case: Case) -> dict[str, Any]:
    """What `check`, `measure` or `propagate` says."""
    work = {"check": check, "time": measure, "run": propagate}[what]
    with tempfile.TemporaryDirectory() as folder:
        return work(case, Path(folder) / "run")


def check(case: Case, folder: Path) -> dict[str, Any]:
    """Run on a few frames; WrongOutput unless masks are the tracker's own, with a picture a frame of each kind."""
    few = replace(case, frames=min(CHECKED_FRAMES, case.frames))
    tracker, frames = _tracker(few), _frames(few)
    own = [tracker.segment(frame).ids for frame in frames]
    told = {"iou": require_tracked(case.name, own, case.objects)}
    if case.kinds is None:
        return told
    record = propagate(few, folder)
    require_equal(case.name, own, [read_mask(path, empty_ok=True) for path in sorted(folder.glob("masks/*.png"))])
    for kind in case.kinds:
        files = [folder / OVERLAY_FILE] if kind == OVERLAY else folder.glob(f"{kind}/*")
        if (counted := sum(map(pictures, files))) != few.frames:
            raise WrongOutput(f"{case.name}: {counted} pictures of {kind} for {few.frames} frames")
    return told | {"model": record["model"], "settings": record["settings"]}


def require_equal(name: str, own: Sequence[LabelMap], written: Sequence[LabelMap]) -> None:
    """WrongOutput unless both are the same masks."""
    if len(own) != len(written):
        raise WrongOutput(f"{name}: {len(written)} masks for {len(own)} frames")
    for number, (one, other) in enumerate(zip(own, written, strict=True)):
        if not np.array_equal(one, other):
            raise WrongOutput(
                f"{name}: {np.mean(one != other):.2%} of frame {number} differ from the tracker's own mask"
            )


def measure(case: Case, folder: Path) -> dict[str, Any]:
    """Seconds a frame, after a few frames that do not count."""
    few = replace(case, frames=min(_WARM_FRAMES, case.frames))
    if case.kinds is None:
        _seconds_tracking(few)
        return {"seconds_per_frame": _seconds_tracking(case) / case.frames}
    propagate(few, folder / "warm")
    timing = propagate(case, folder / "timed")["timing"]
    return {"seconds_per_frame": timing["seconds_total"] / timing["frames"]}


def propagate(case: Case, out: Path) -> dict[str, Any]:
    """`vos propagate`, and what its run.json says: seconds go from the first frame to the last file closed."""
    given = ["propagate", case.clip, "--mask", case.mask, "--out", str(out), "--frames", f"0:{case.frames}", "--quiet"]
    given += ["--tracker", case.tracker, *(["--model", case.model] if case.model else [])]
    given += ["--export", ",".join(case.kinds)] if case.kinds else []
    if status := exit_status(given):
        raise WrongOutput(f"{case.name}: vos propagate ended with status {status}")
    return read_record(out)


def _seconds_tracking(case: Case) -> float:
    tracker, frames = _tracker(case), _frames(case)
    began = time.perf_counter()
    for frame in frames:
        tracker.segment(frame)
    return time.perf_counter() - began


def _tracker(case: Case) -> Guided:
    settings = load_tracker(case.tracker, model=case.model)
    return Guided(Tracker(build_model(settings), settings), read_mask(Path(case.mask)))


def _frames(case: Case) -> list[Frame]:
    return list(open_clip(Path(case.clip), frames=(0, case.frames)))


if __name__ == "__main__":
    main(sys.argv[1:])
