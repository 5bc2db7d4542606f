"""What an evaluation found, as files: report.json and per_object.csv, fractions unrounded."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vos.datasets import Dataset
from vos.evaluation.output import PER_OBJECT, REPORT
from vos.evaluation.scoring import Scores
from vos.evaluation.speed import Speed, total_speed
from vos.io.atomic import replacing
from vos.metrics import ObjectScore


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """Everything that a report says."""

    dataset: Dataset
    scores: Scores
    baselines: Mapping[str, Scores]
    provenance: Mapping[str, Any]
    """Where the masks came from: settings and weights' hash, or the results' fingerprint; versions."""
    speeds: Mapping[str, Speed] = field(default_factory=dict)
    """By sequence; empty where given results were scored."""


def write_reports(evaluation: Evaluation, folder: Path) -> None:
    """Write `folder`/report.json and `folder`/per_object.csv."""
    _write(folder / REPORT, json.dumps(report(evaluation), indent=1, ensure_ascii=False) + "\n")
    _write(folder / PER_OBJECT, per_object_csv(evaluation.scores))


def report(evaluation: Evaluation) -> dict[str, Any]:
    """The totals come first: JF, J_mean, J_recall, J_decay, F_mean, F_recall, F_decay."""
    dataset, scores = evaluation.dataset, evaluation.scores
    multi_object = scores.multi_object
    speed = total_speed(evaluation.speeds) if evaluation.speeds else None
    return {
        **asdict(scores.totals),
        "dataset": dataset.name,
        "complete": dataset.complete,
        "multi_object": None if multi_object is None else _with_sequences(multi_object),
        "baselines": {name: _baseline(baseline) for name, baseline in evaluation.baselines.items()},
        "sequences": {name: _sequence(evaluation, name) for name in scores.sequences},
        "objects": [_object(score) for score in scores.objects],
        "frames_per_second": None if speed is None else speed.frames_per_second,
        "provenance": dict(evaluation.provenance),
    }


def per_object_csv(scores: Scores) -> str:
    """One line an object, in the order of the report."""
    rows = [_object(score) for score in scores.objects]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _object(score: ObjectScore) -> dict[str, Any]:
    return {
        "sequence": score.sequence,
        "object": score.object_id,
        "frames": score.frames,
        "JF": score.jf,
        "J_mean": score.j.mean,
        "J_recall": score.j.recall,
        "J_decay": score.j.decay,
        "F_mean": score.f.mean,
        "F_recall": score.f.recall,
        "F_decay": score.f.decay,
    }


def _sequence(evaluation: Evaluation, name: str) -> dict[str, Any]:
    speed = evaluation.speeds.get(name)
    return {
        **asdict(evaluation.scores.sequences[name]),
        "frames_per_second": None if speed is None else speed.frames_per_second,
    }


def _baseline(scores: Scores) -> dict[str, Any]:
    multi_object = scores.multi_object
    return {
        **asdict(scores.totals),
        "multi_object": None if multi_object is None else asdict(multi_object.totals),
    }


def _with_sequences(scores: Scores) -> dict[str, Any]:
    return {**asdict(scores.totals), "sequences": list(scores.sequences), "objects": len(scores.objects)}


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
