"""Does confidence tell where the masks are wrong? On DAVIS 2016, frame by frame.

    python -m benchmarks.bench_confidence --data davis2016

Tracks every sequence with a preset and asks how well confidence.csv separates frames with J below 0.5 from the others:
the area under the ROC curve (0.5 is chance), and what a threshold finds and at what cost. Nothing is timed. The last
line of stdout is the result as JSON.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks import harness
from vos import pipeline
from vos.confidence_log import UNSURE
from vos.datasets import VideoSequence, read_prompts, read_truth
from vos.evaluation import open_dataset
from vos.io import open_clip
from vos.metrics import region_similarity
from vos.models import build_model
from vos.settings import load_tracker
from vos.tracker import build_tracker
from vos.types import Segmentation

WRONG = 0.5
"""J below which a mask is of little use."""
_THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.96, 0.97, 0.98, 0.99)


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One object in one scored frame."""

    confidence: float
    """0 where the object was not painted."""
    j: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its result."""
    options = _options(arguments)
    dataset = open_dataset("davis2016", options.data)
    judged = []
    for sequence in dataset.sequences:
        found = track(sequence, options.tracker)
        print(f"{sequence.name}: J {np.mean([one.j for one in found]):.3f}", file=sys.stderr)
        judged += found
    settings = load_tracker(options.tracker)
    used = {"machine": harness.describe_machine(), "settings": settings.model_dump(mode="json")}
    print(json.dumps(summary(judged) | used | {"weights_sha256": build_model(settings).weights_hash}))


def track(sequence: VideoSequence, preset: str) -> list[Judged]:
    """Confidence and J of the object in every scored frame."""
    (layer,) = sequence.layers
    segmented: dict[int, Segmentation] = {}

    def keep(segmentation: Segmentation) -> None:
        segmented[segmentation.index] = segmentation

    tracker = build_tracker(load_tracker(preset))
    pipeline.run(open_clip(sequence.images), read_prompts(sequence, layer), tracker, [], keep)
    return [
        Judged(
            confidence=segmented[position].confidence[1] if segmented[position].ids.any() else 0.0,
            j=region_similarity(read_truth(sequence, layer, position) > 0, segmented[position].ids > 0),
        )
        for position in layer.scored
    ]


def summary(judged: Sequence[Judged]) -> dict[str, object]:
    """Area under the curve, and for each threshold what share of wrong frames lies below it, and of right ones."""
    confidence = np.array([one.confidence for one in judged])
    wrong = np.array([one.j < WRONG for one in judged])
    return {
        "benchmark": "confidence",
        "data": "davis2016",
        "wrong_below_j": WRONG,
        "frames": len(judged),
        "wrong_frames": int(wrong.sum()),
        "area_under_roc": area_under_roc(confidence[wrong], confidence[~wrong]),
        "unsure_below": UNSURE,
        "thresholds": {
            str(limit): {
                "wrong_found": float((confidence[wrong] < limit).mean()),
                "right_flagged": float((confidence[~wrong] < limit).mean()),
            }
            for limit in _THRESHOLDS
        },
        "judged": [[round(value, 4) for value in asdict(one).values()] for one in judged],
    }


def area_under_roc(wrong: np.ndarray, right: np.ndarray) -> float:
    """Probability that a wrong frame has less confidence than a right one; ties count half (Mann and Whitney)."""
    if not wrong.size or not right.size:
        raise ValueError(f"{wrong.size} wrong and {right.size} right frames: both kinds are needed")
    less = (wrong[:, None] < right[None]).mean()
    equal = (wrong[:, None] == right[None]).mean()
    return float(less + equal / 2)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="bench_confidence.py"
    )
    parser.add_argument("--data", type=Path, required=True, help="a DAVIS 2016 root")
    parser.add_argument("--tracker", default="default", help="a preset, or a YAML file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
