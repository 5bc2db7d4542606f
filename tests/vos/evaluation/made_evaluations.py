"""Small evaluations to be reported."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.vos.datasets.made_davis import moving_square, square, write_davis
from vos.evaluation import Evaluation, open_dataset
from vos.evaluation.predictions import Predictor, all_empty, first_mask_copied
from vos.evaluation.scoring import score_dataset
from vos.evaluation.speed import Speed

PROVENANCE = {
    "model": {"name": "compact", "weights_sha256": "ab" * 32},
    "settings": {"memory": {"frames": 5, "policy": "gated"}, "weights": "/home/somebody/best.safetensors"},
    "dataset": "davis2017",
    "data": "/home/somebody/data",
    "truth_sha256": "cd" * 32,
    "versions": {"python": "3.11.7", "vos": "0.1.0"},
    "commit": "0123abcd",
    "machine": {"processor": "made", "cores": 2},
    "peak_memory_mib": 512.4,
    "peak_gpu_memory_mib": None,
}


def made_evaluation(
    root: Path, predict: Predictor = first_mask_copied, *, sequences: Sequence[str] | None = None
) -> Evaluation:
    """Of a data set made in `root`: sequence `a` has one object that moves, `b` has two, of which only one moves."""
    two = [square(2, 2 + 2 * i) + square(14, 2, object_id=2) for i in range(5)]
    data = write_davis(root, 2017, {"a": moving_square(4), "b": two})
    dataset = open_dataset("davis2017", data, sequences)
    speeds = {"a": Speed(frames=4, seconds=2.0), "b": Speed(frames=5, seconds=1.0)}
    return Evaluation(
        dataset=dataset,
        scores=score_dataset(dataset, predict),
        baselines={"all_empty": score_dataset(dataset, all_empty)},
        provenance=PROVENANCE,
        speeds={sequence.name: speeds[sequence.name] for sequence in dataset.sequences},
    )


def without_speeds(evaluation: Evaluation) -> Evaluation:
    """As of given results."""
    return replace(evaluation, speeds={})
