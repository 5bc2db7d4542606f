"""Where the time of a frame goes: the stages of the compact model, and the tracker around it, on a CPU.

    python -m benchmarks.bench_stages
    python -m benchmarks.bench_stages --memory 8 --objects 3 --frames 60

A made 480p clip is tracked, and each part of every step is timed as it runs; figures are medians over the frames after
the memory has filled. Reading and writing run in threads of their own in `vos propagate`; here each is timed by itself:
on two cores their time is taken from the tracker's all the same. Progress goes to stderr; the last line of stdout is
the result as JSON.
"""

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from benchmarks import harness
from benchmarks.made_clip import OBJECTS, label_map, write_clip
from benchmarks.propagate_case import require_tracked
from seggpt_core.compact import Compact
from vos.io import open_clip, write_mask
from vos.models import build_model
from vos.settings import TrackerSettings, load_tracker
from vos.tracker import Tracker
from vos.types import Frame, LabelMap

_CALLS = {"encode_frame": "encode", "encode_prompts": "remember", "prepare": "prepare", "segment": "segment"}
"""What a tracker asks of a model, and the name of its part."""
_MODULES = ("stem", "decoder")
"""Modules inside those calls."""

Seconds = Mapping[str, float]
T = TypeVar("T")


class Clock:
    """Seconds of each part since it was last read."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._began: dict[str, float] = {}

    def start(self, part: str) -> None:
        self._began[part] = time.perf_counter()

    def stop(self, part: str) -> None:
        self._seconds[part] += time.perf_counter() - self._began.pop(part)

    def read(self) -> Seconds:
        """Every part's seconds, 0 for one that never ran; then all stand at zero."""
        seconds, self._seconds = self._seconds, defaultdict(float)
        return seconds


class Timed:
    """The compact model with a clock in each of its calls and modules."""

    def __init__(self, model: Compact, clock: Clock) -> None:
        self._model, self._clock = model, clock
        for name in _MODULES:
            module: nn.Module = getattr(model.net, name)
            module.register_forward_pre_hook(lambda *_, part=name: clock.start(part))
            module.register_forward_hook(lambda *_, part=name: clock.stop(part))

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        return self._called(_CALLS[name], found) if name in _CALLS else found

    def _called(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **options: Any) -> Any:
            self._clock.start(part)
            result = call(*arguments, **options)
            self._clock.stop(part)
            return result

        return called


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    settings = load_tracker(options.tracker, memory=options.memory, device="cpu")
    model = build_model(settings)
    if not isinstance(model, Compact):
        raise SystemExit(f"--tracker asks for the model {model.name!r}: the stages are those of the compact model")
    if options.frames <= (filled := settings.memory * settings.stride):
        raise SystemExit(f"--frames is {options.frames}: the memory is full after {filled}, so give some more")
    threads = torch.get_num_threads()
    torch.set_num_threads(options.threads)
    try:
        told = measure(model, settings, options, filled)
    finally:
        torch.set_num_threads(threads)
    harness.print_result(
        {
            "benchmark": "stages",
            "clip": {"size": options.size, "frames": options.frames, "made_by": "benchmarks/made_clip.py"},
            "objects": options.objects,
            "machine": harness.describe_machine(),
            "threads": options.threads,
            "model": {"name": model.name, "weights_sha256": model.weights_hash},
            "settings": settings.model_dump(mode="json"),
            "milliseconds": told,
        }
    )


def measure(model: Compact, settings: TrackerSettings, options: argparse.Namespace, filled: int) -> dict[str, float]:
    """Milliseconds of every stage, the step, reading and writing: medians over the frames from `filled` on."""
    clock, size = Clock(), (options.size[0], options.size[1])
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip, options.frames, size)
        frames, reading = _timed(open_clip(clip))
        tracker = Tracker(Timed(model, clock), settings)
        masks = [tracker.start(frames[0], label_map(0, size, options.objects)).ids]
        clock.read()
        steps, tracked = _tracked(tracker, clock, frames[1:])
        require_tracked("the clip", masks + tracked, options.objects)
        writing = [_seconds(partial(write_mask, Path(folder) / "mask.png", mask)) for mask in tracked]
    aside = {"read": _median_ms(reading[filled:]), "write": _median_ms(writing[filled:])}
    return milliseconds(steps[filled:]) | aside


def milliseconds(steps: Sequence[Seconds]) -> dict[str, float]:
    """Medians of the stages and of the whole step, from what the clock read in each step."""
    split = [stages(step) for step in steps]
    return {stage: _median_ms([one[stage] for one in split]) for stage in split[0]}


def stages(step: Seconds) -> dict[str, float]:
    """The clock's parts, some inside others, as stages that add up to the step, and the step.

    `tracker` is what the model does not do: resizing, probabilities, confidence, the label map.
    """
    return {
        "stem": step["stem"],
        "rest of encoding": step["encode"] - step["stem"],
        "match": step["segment"] - step["decoder"],
        "decoder": step["decoder"],
        "remember": step["remember"],
        "prepare": step["prepare"],
        "tracker": step["step"] - sum(step[part] for part in _CALLS.values()),
        "step": step["step"],
    }


def _tracked(tracker: Tracker, clock: Clock, frames: Sequence[Frame]) -> tuple[list[Seconds], list[LabelMap]]:
    steps, masks = [], []
    for frame in frames:
        clock.start("step")
        masks.append(tracker.step(frame).ids)
        clock.stop("step")
        steps.append(clock.read())
    return steps, masks


def _timed(items: Iterable[T]) -> tuple[list[T], list[float]]:
    """The items, and the seconds that each took to come."""
    taken, seconds = [], []
    began = time.perf_counter()
    for item in items:
        taken.append(item)
        seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
    return taken, seconds


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _median_ms(seconds: Sequence[float]) -> float:
    return round(1000 * statistics.median(seconds), 2)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=60, help="of the clip")
    parser.add_argument("--memory", type=int, help="instead of the preset's")
    parser.add_argument("--objects", type=int, default=1, help=f"1 to {OBJECTS}")
    parser.add_argument("--threads", type=int, default=2, help="of PyTorch")
    parser.add_argument("--size", type=harness.numbers, default=[480, 854], metavar="H,W", help="of the clip; even")
    parser.add_argument("--tracker", default="default", help="preset or YAML file")
    options = parser.parse_args(arguments)
    if min(options.frames, options.objects, options.threads) < 1 or options.objects > OBJECTS:
        parser.error(f"frames and threads must be at least 1, objects 1 to {OBJECTS}")
    return options


if __name__ == "__main__":
    main()
