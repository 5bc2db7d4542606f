"""How J&F falls when pictures are bad, and what memory keeps in long clips. On DAVIS 2016, by its official rules.

    python -m benchmarks.bench_robustness --data davis2016
    python -m benchmarks.bench_robustness --data davis2016 --sequences dog --frames 12 --long 20 --memory 1,4

Two tables. `degradations`: every sequence with all its pictures, the first one too, blurred, noisy, dark, compressed or
halved, and with two of three frames left out. `memory`: for every policy and every K, the clips that have 100 frames or
more when they are played forward and back. Nothing is timed but the whole. Progress goes to stderr; the last line of
stdout is the result as JSON.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from benchmarks import degradations, harness
from benchmarks.degradations import DEGRADATIONS, Degradation
from benchmarks.replayed import every_nth, forth_and_back, frames_of, shortened
from seggpt_core.prompt import InContextModel
from vos import pipeline
from vos.datasets import Dataset, Layer, VideoSequence, read_prompts
from vos.evaluation import Scores, open_dataset, score_dataset
from vos.memory.policies import PolicyName
from vos.metrics import ObjectScore, Protocol
from vos.models import build_model
from vos.settings import TrackerSettings, load_tracker
from vos.tracker import Tracker
from vos.types import LabelMap, Segmentation

SKIP = 3
LEAST_FRAMES = 5
"""Of a shortened clip: with one fewer, nothing would be scored of every third frame."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Runner:
    """Tracks and scores sequences with one model."""

    model: InContextModel
    settings: TrackerSettings

    def scores(self, sequences: Sequence[VideoSequence], degrade: Degradation, **overrides: Any) -> Scores:
        """Scores of all objects; overrides are fields of the tracker's settings."""
        settings = self.settings.model_copy(update=overrides)
        objects: list[ObjectScore] = []
        for sequence in sequences:
            masks = {layer.folder: self._track(sequence, layer, degrade, settings) for layer in sequence.layers}
            found = _score(sequence, masks)
            objects += found.objects
            harness.tell(f"  {sequence.name}, {len(sequence.stems)} frames: J&F {found.totals.JF:.3f}")
        return Scores(objects=tuple(objects))

    def _track(
        self, sequence: VideoSequence, layer: Layer, degrade: Degradation, settings: TrackerSettings
    ) -> list[LabelMap]:
        """Ids of every frame."""
        masks: list[LabelMap] = []

        def keep(segmentation: Segmentation) -> None:
            masks.append(segmentation.ids)

        prompts = read_prompts(sequence, layer)
        pipeline.run(frames_of(sequence, degrade), prompts, Tracker(self.model, settings), [], keep)
        return masks


def _score(sequence: VideoSequence, masks: Mapping[str, Sequence[LabelMap]]) -> Scores:
    """Scores of one sequence; masks: folder of the layer → ids of every frame."""
    dataset = Dataset(
        name="davis2016",
        split="val",
        protocol=Protocol.DAVIS,
        root=sequence.images,
        sequences=(sequence,),
        complete=False,
    )

    def predict(_: VideoSequence, layer: Layer) -> Callable[[int], LabelMap]:
        return lambda position: masks[layer.folder][position]

    return score_dataset(dataset, predict)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its result."""
    options = _parse(arguments)
    began = time.perf_counter()
    found = open_dataset("davis2016", options.data, options.sequences).sequences
    sequences = [shortened(sequence, options.frames) for sequence in found] if options.frames else list(found)
    settings = load_tracker(options.tracker)
    runner = Runner(model=build_model(settings), settings=settings)
    result = {
        "benchmark": "robustness",
        "data": "davis2016",
        "sequences": {sequence.name: len(sequence.stems) for sequence in sequences},
        "model": {"name": runner.model.name, "weights_sha256": runner.model.weights_hash},
        "settings": settings.model_dump(mode="json"),
        "machine": harness.describe_machine(),
        "degradations": degradation_table(runner, sequences),
        "memory": memory_table(runner, sequences, options.long, options.memory),
    }
    harness.print_result(result | {"seconds": round(time.perf_counter() - began, 1)})


def degradation_table(runner: Runner, sequences: Sequence[VideoSequence]) -> dict[str, Any]:
    """Scores by degradation, and what each amounts to."""
    rows = {}
    for name, degrade in DEGRADATIONS.items():
        harness.tell(name)
        rows[name] = figures(runner.scores(sequences, degrade))
    harness.tell(f"every {SKIP}rd frame")
    skipped = [every_nth(sequence, SKIP) for sequence in sequences]
    rows[f"every {SKIP}rd frame"] = figures(runner.scores(skipped, degradations.unchanged))
    return {"strengths": strengths(), "rows": rows}


def memory_table(
    runner: Runner, sequences: Sequence[VideoSequence], long: int, memories: Sequence[int]
) -> dict[str, Any]:
    """Scores by policy and K on clips of at least `long` frames, played forward and back."""
    clips = [clip for clip in map(forth_and_back, sequences) if len(clip.stems) >= long]
    rows = []
    for policy in get_args(PolicyName) if clips else ():
        for memory in memories:
            harness.tell(f"{policy}, K = {memory}")
            scores = runner.scores(clips, degradations.unchanged, policy=policy, memory=memory)
            rows.append({"policy": policy, "memory": memory, **figures(scores)})
    return {"clips": {clip.name: len(clip.stems) for clip in clips}, "rows": rows}


def figures(scores: Scores) -> dict[str, Any]:
    """J&F, J and F over all objects, how much J falls from the first to the last quarter, and J&F by sequence."""
    totals = scores.totals
    return {
        "JF": totals.JF,
        "J_mean": totals.J_mean,
        "F_mean": totals.F_mean,
        "J_decay": totals.J_decay,
        "frames": int(np.sum([score.frames for score in scores.objects])),
        "JF_by_sequence": {name: one.JF for name, one in scores.sequences.items()},
    }


def strengths() -> Mapping[str, float]:
    """The figures that the names of the degradations leave out."""
    return {
        "blur_sigma_over_height": degradations.BLUR_SHARE,
        "noise_sigma_levels": degradations.NOISE_LEVELS,
        "dark_factor": degradations.DARK_FACTOR,
        "jpeg_quality": degradations.JPEG_QUALITY,
        "skip": SKIP,
    }


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT", help="a DAVIS 2016 root")
    parser.add_argument("--tracker", default="default", help="a preset, or a YAML file")
    parser.add_argument("--sequences", type=lambda text: text.split(","), metavar="NAME,NAME", help="all by default")
    parser.add_argument("--frames", type=int, metavar="N", help="of each sequence at most")
    parser.add_argument("--memory", type=harness.numbers, default=[1, 2, 4, 5, 8, 16], metavar="K,K")
    parser.add_argument(
        "--long", type=int, default=100, metavar="N", help="frames that a clip needs, played forward and back (100)"
    )
    options = parser.parse_args(arguments)
    if options.frames is not None and options.frames < LEAST_FRAMES:
        parser.error(f"--frames is {options.frames}; at least {LEAST_FRAMES} are needed to score every 3rd one")
    return options


if __name__ == "__main__":
    main()
