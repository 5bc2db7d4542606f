"""One case of bench_propagate, in a process of its own so that its peak memory is its own.

Called by bench_propagate as `python -m benchmarks.propagate_case check|time CASE-AS-JSON`; prints JSON.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.made_clip import label_map
from benchmarks.uncached import Uncached
from seggpt_core.passes import input_size
from seggpt_core.prompt import InContextModel
from vos.io import MaskWriter, open_clip, read_mask
from vos.metrics import region_similarity
from vos.models import build_model
from vos.pipeline import RunStats, run
from vos.run_record import peak_memory_mib
from vos.settings import TrackerSettings, load_tracker
from vos.tracker import Tracker
from vos.types import LabelMap

CHECKED_FRAMES = 6
LEAST_IOU = 0.5
"""Mean over objects in the last checked frame: enough to know that tracking works."""
LEAST_AGREEMENT = 0.999
"""Share of pixels with equal ids, cached against uncached: float sums in another order move a few edge pixels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What is run: clip, number of frames and objects, and the tracker's settings."""

    clip: str
    height: int
    width: int
    frames: int
    memory: int
    objects: int
    cached: bool
    threads: int
    tracker: str
    model: str | None
    weights: str | None

    @property
    def name(self) -> str:
        cache = "cached" if self.cached else "uncached"
        return f"frames={self.frames} K={self.memory} objects={self.objects} {cache}"


class WrongOutput(Exception):
    """The masks are not what they must be; a time would mean nothing."""


def main(arguments: list[str]) -> None:
    what, case = arguments[0], Case(**json.loads(arguments[1]))
    torch.set_num_threads(case.threads)
    with tempfile.TemporaryDirectory() as folder:
        result = check(case, Path(folder)) if what == "check" else measure(case, Path(folder))
    print(json.dumps(result))


def check(case: Case, folder: Path) -> dict[str, Any]:
    """Track a few frames and look at the masks; WrongOutput if they will not do."""
    settings = _settings(case)
    model = _load(settings)
    written = _track(case, model, settings, folder / "cached", CHECKED_FRAMES)
    if len(written) != min(CHECKED_FRAMES, case.frames):
        raise WrongOutput(f"{case.name}: {len(written)} masks for {min(CHECKED_FRAMES, case.frames)} frames")
    overlap = require_tracked(case.name, written, case.objects)
    agreement = 1.0
    if not case.cached:
        again = _track(case, Uncached(model), settings, folder / "uncached", CHECKED_FRAMES)
        agreement = float(np.mean(np.stack(written) == np.stack(again)))
        if agreement < LEAST_AGREEMENT:
            raise WrongOutput(f"{case.name}: only {agreement:.4f} of the pixels agree with the cached run")
    return {
        "iou": overlap,
        "agreement": agreement,
        "model": model.name,
        "weights_sha256": model.weights_hash,
        "model_input": _input_size(case, settings, model),
        "settings": settings.model_dump(mode="json"),
    }


def require_tracked(name: str, masks: Sequence[LabelMap], objects: int) -> float:
    """Mean IoU over objects in the last of the made clip's first masks; WrongOutput if it will not do."""
    truth = label_map(len(masks) - 1, masks[-1].shape)
    overlap = float(np.mean([region_similarity(truth == one, masks[-1] == one) for one in range(1, objects + 1)]))
    if overlap < LEAST_IOU:
        raise WrongOutput(f"{name}: mean IoU {overlap:.3f} after {len(masks)} frames")
    return overlap


def measure(case: Case, folder: Path) -> dict[str, Any]:
    """Seconds a frame, reading and writing included, and the process's peak memory."""
    settings = _settings(case)
    model = _load(settings)
    stats = _run(case, model if case.cached else Uncached(model), settings, folder, case.frames)
    return {"seconds_per_frame": stats.seconds_total / stats.frames, "peak_memory_mib": peak_memory_mib()}


def _settings(case: Case) -> TrackerSettings:
    return load_tracker(case.tracker, memory=case.memory, model=case.model, weights=case.weights)


def _load(settings: TrackerSettings) -> InContextModel:
    return build_model(settings)


def _input_size(case: Case, settings: TrackerSettings, model: InContextModel) -> list[int]:
    size = input_size(model, (case.height, case.width), settings.size, settings.pixels)
    return list(size)


def _run(case: Case, model: InContextModel, settings: TrackerSettings, folder: Path, frames: int) -> RunStats:
    prompt = label_map(0, (case.height, case.width), case.objects)
    clip = open_clip(Path(case.clip), frames=(0, min(frames, case.frames)))
    return run(clip, {0: prompt}, Tracker(model, settings), [MaskWriter(folder)])


def _track(case: Case, model: InContextModel, settings: TrackerSettings, folder: Path, frames: int) -> list[LabelMap]:
    _run(case, model, settings, folder, frames)
    return [read_mask(path, empty_ok=True) for path in sorted(folder.glob("*.png"))]


if __name__ == "__main__":
    main(sys.argv[1:])
