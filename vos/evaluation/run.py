"""A tracker over every sequence of a data set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from seggpt_core.prompt import InContextModel
from vos import pipeline
from vos.datasets import Dataset, VideoSequence, read_prompts
from vos.errors import VosError, WorkError
from vos.io import MaskWriter, open_clip
from vos.settings import TrackerSettings
from vos.tracker import Tracker


@dataclass(frozen=True, kw_only=True, slots=True)
class Speed:
    """How fast frames were tracked, reading and writing included."""

    frames: int
    seconds: float

    @property
    def frames_per_second(self) -> float:
        return self.frames / self.seconds


def track_dataset(
    dataset: Dataset,
    model: InContextModel,
    settings: TrackerSettings,
    folder: Path,
    on_frame: Callable[[], None],
) -> dict[str, Speed]:
    """Write `folder`/<sequence>/<frame>.png for every frame; returns each sequence's speed.

    `on_frame` is called after each frame. WorkError naming the sequence that failed; the masks finished before it stay.
    """
    speeds = {}
    for sequence in dataset.sequences:
        tracker = Tracker(model, settings)
        try:
            speeds[sequence.name] = _track_sequence(sequence, tracker, folder / sequence.name, on_frame)
        except VosError as error:
            raise WorkError(f"{sequence.name}: {error}") from error
    return speeds


def total_speed(speeds: Mapping[str, Speed]) -> Speed:
    """Of all sequences together."""
    return Speed(
        frames=sum(speed.frames for speed in speeds.values()),
        seconds=sum(speed.seconds for speed in speeds.values()),
    )


def _track_sequence(sequence: VideoSequence, tracker: Tracker, folder: Path, on_frame: Callable[[], None]) -> Speed:
    clip, writer = open_clip(sequence.images), MaskWriter(folder)
    stats = pipeline.run(clip, read_prompts(sequence), tracker, [writer], lambda _: on_frame())
    return Speed(frames=stats.frames, seconds=stats.seconds_total)
