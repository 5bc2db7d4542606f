"""What an evaluation found, as files: fractions unrounded for programs, percent for people."""

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vos.evaluation.evaluation import Evaluation
from vos.evaluation.output import MARKDOWN, PAGE, PER_OBJECT, REPORT
from vos.evaluation.predictions import Predictor
from vos.evaluation.report_html import html_report
from vos.evaluation.report_md import markdown_report
from vos.evaluation.scoring import Scores
from vos.evaluation.speed import total_speed
from vos.evaluation.worst_frames import worst_frames
from vos.io.atomic import replacing
from vos.metrics import ObjectScore


def write_reports(evaluation: Evaluation, predict: Predictor, folder: Path) -> None:
    """Write report.json, per_object.csv, report.md and report.html into `folder`.

    predict: gives the masks that were scored, for the pictures.
    """
    texts = {
        REPORT: json.dumps(report(evaluation), indent=1, ensure_ascii=False) + "\n",
        PER_OBJECT: per_object_csv(evaluation),
        MARKDOWN: markdown_report(evaluation),
        PAGE: html_report(evaluation, worst_frames(evaluation, predict)),
    }
    for name, text in texts.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def report(evaluation: Evaluation) -> dict[str, Any]:
    """The totals come first: JF, J_mean, J_recall, J_decay, F_mean, F_recall, F_decay."""
    dataset, scores = evaluation.dataset, evaluation.scores
    multi_object = scores.multi_object
    speed = total_speed(evaluation.speeds) if evaluation.speeds else None
    return {
        **asdict(scores.totals),
        "dataset": dataset.name,
        "split": dataset.split,
        "complete": dataset.complete,
        "multi_object": None if multi_object is None else _with_sequences(multi_object),
        "baselines": {name: _baseline(baseline) for name, baseline in evaluation.baselines.items()},
        "sequences": {name: _sequence(evaluation, name) for name in scores.sequences},
        "objects": [_object(evaluation, score) for score in scores.objects],
        "frames_per_second": None if speed is None else speed.frames_per_second,
        "provenance": dict(evaluation.provenance),
    }


def per_object_csv(evaluation: Evaluation) -> str:
    """One line an object, in the order of the report."""
    rows = [_object(evaluation, score) for score in evaluation.scores.objects]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _object(evaluation: Evaluation, score: ObjectScore) -> dict[str, Any]:
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
        "worst_frame": evaluation.stem(score.sequence, score.worst.position),
        "worst_JF": score.worst.jf,
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
