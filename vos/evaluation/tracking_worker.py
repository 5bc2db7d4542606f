"""The worker that tracks sequences. PyTorch is imported where the work is done, not where it is handed out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vos.datasets import Layer, VideoSequence, read_prompts
from vos.errors import WorkError
from vos.evaluation.fingerprints import masks_sha256
from vos.evaluation.tasks import OnSteps, Worker
from vos.evaluation.threads import worker_threads
from vos.io import MaskWriter, open_clip
from vos.run_record import peak_memory_mib
from vos.settings import TrackerSettings

if TYPE_CHECKING:
    from seggpt_core.prompt import InContextModel


@dataclass(frozen=True, kw_only=True, slots=True)
class Describe:
    """Asks for the facts of each run's model, as JSON values."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """Asks for the masks of a sequence, `folder`/<frame>.png."""

    run: str
    """Whose settings and model are taken."""
    sequence: VideoSequence
    folder: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Tracked:
    """A sequence whose masks are written."""

    frames: int
    """Of the clip, however many layers it has."""
    seconds: float
    """For all layers, reading and writing included."""
    masks_sha256: str
    weights_sha256: str
    """Of the model that this worker holds."""
    peak_memory_mib: float
    """Highest resident memory of the worker so far."""
    peak_gpu_memory_mib: float | None
    """Highest memory that PyTorch held on the worker's GPU so far; None on a CPU."""


def make_tracking_worker(runs: Mapping[str, TrackerSettings], threads: int) -> Worker:
    """A worker that answers `Describe` and `Track`, with `threads` CPU threads. Loads every run's model, once.

    InputError for a model that there is not, and for settings that do not suit it.
    """
    from vos.models import build_model
    from vos.tracker import Tracker

    with worker_threads(threads):
        models = {name: build_model(settings) for name, settings in runs.items()}
    for name, settings in runs.items():
        Tracker(models[name], settings)

    def work(content: Describe | Track, on_steps: OnSteps) -> Any:
        if isinstance(content, Describe):
            return {name: _describe(model) for name, model in models.items()}
        with worker_threads(threads):
            return _track(content, models[content.run], runs[content.run], lambda _: on_steps(1))

    return work


def _track(
    task: Track, model: "InContextModel", settings: TrackerSettings, on_frame: Callable[[object], None]
) -> Tracked:
    sequence = task.sequence
    seconds = sum(_track_layer(task, layer, model, settings, on_frame) for layer in sequence.layers)
    written = masks_sha256(task.folder, sequence)
    if written is None:
        raise WorkError(f"{task.folder}: some of the masks that were written are gone")
    return Tracked(
        frames=len(sequence.stems),
        seconds=seconds,
        masks_sha256=written,
        weights_sha256=model.weights_hash,
        peak_memory_mib=peak_memory_mib(),
        peak_gpu_memory_mib=_peak_gpu_memory_mib(model),
    )


def _track_layer(
    task: Track, layer: Layer, model: "InContextModel", settings: TrackerSettings, on_frame: Callable[[object], None]
) -> float:
    """Write the masks of one layer; returns the seconds it took."""
    from vos import pipeline
    from vos.tracker import Tracker

    clip, prompts = open_clip(task.sequence.images), read_prompts(task.sequence, layer)
    sinks = [MaskWriter(task.folder / layer.folder)]
    return pipeline.run(clip, prompts, Tracker(model, settings), sinks, on_frame).seconds_total


def _describe(model: "InContextModel") -> dict[str, str]:
    facts = {"name": model.name, "weights_sha256": model.weights_hash, "device": str(model.device)}
    if model.device.type == "cuda":
        import torch

        facts["gpu"] = torch.cuda.get_device_name(model.device)
    return facts


def _peak_gpu_memory_mib(model: "InContextModel") -> float | None:
    if model.device.type != "cuda":
        return None
    import torch

    return round(torch.cuda.max_memory_allocated(model.device) / 2**20, 1)
