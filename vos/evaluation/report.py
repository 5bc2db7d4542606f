"""What an evaluation found, as files: fractions unrounded for programs, percent for people."""

import csv
import io
import json
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from vos.evaluation.evaluation import Evaluation, Run
from vos.evaluation.output import MARKDOWN, PAGE, PER_OBJECT, REPORT
from vos.evaluation.predictions import Predictor
from vos.evaluation.report_html import html_report
from vos.evaluation.report_md import markdown_report
from vos.evaluation.report_tables import notes
from vos.evaluation.scoring import Scores
from vos.evaluation.speed import total_speed
from vos.evaluation.worst_frames import worst_frames
from vos.io.atomic import replacing
from vos.metrics import ObjectScore


def write_reports(evaluation: Evaluation, predict: Predictor, folder: Path) -> None:
    """Write report.json, per_object.csv, report.md and report.html into `folder`.

    predict: gives the masks that were scored, for the pictures.
    """
    _write(
        folder,
        {
            REPORT: _json(report(evaluation)),
            PER_OBJECT: per_object_csv(evaluation),
            MARKDOWN: markdown_report(evaluation),
            PAGE: html_report(evaluation, worst_frames(evaluation, predict)),
        },
    )


def write_run_report(run: Run, folder: Path) -> None:
    """Write report.json of a run without scores into `folder`."""
    _write(folder, {REPORT: _json(run_report(run))})


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def report(evaluation: Evaluation) -> dict[str, Any]:
    """The totals come first: JF, J_mean, J_recall, J_decay, F_mean, F_recall, F_decay, then the benchmark's own."""
    scores = evaluation.scores
    multi_object = scores.multi_object
    return {
        **scores.totals.figures,
        **_identity(evaluation),
        "multi_object": None if multi_object is None else _with_sequences(multi_object),
        "baselines": {name: _baseline(baseline) for name, baseline in evaluation.baselines.items()},
        "sequences": {name: {**one.figures, **_speed(evaluation, name)} for name, one in scores.sequences.items()},
        "objects": [_object(evaluation, score) for score in scores.objects],
        **_how(evaluation),
    }


def run_report(run: Run) -> dict[str, Any]:
    """What is known without the truth."""
    sequences = {sequence.name: _speed(run, sequence.name) for sequence in run.dataset.sequences}
    return {**_identity(run), "scored": False, "sequences": sequences, **_how(run)}


def _identity(run: Run) -> dict[str, Any]:
    dataset = run.dataset
    return {
        "dataset": dataset.name,
        "split": dataset.split,
        "protocol": dataset.protocol,
        "complete": dataset.complete,
        "notes": notes(run),
    }


def _how(run: Run) -> dict[str, Any]:
    speed = total_speed(run.speeds).frames_per_second if run.speeds else None
    return {"frames_per_second": speed, "provenance": dict(run.provenance)}


def _speed(run: Run, name: str) -> dict[str, Any]:
    speed = run.speeds.get(name)
    return {"frames_per_second": None if speed is None else speed.frames_per_second}


def per_object_csv(evaluation: Evaluation) -> str:
    """One line an object, in the order of the report."""
    rows = [_object(evaluation, score) for score in evaluation.scores.objects]
    names = dict.fromkeys(chain.from_iterable(rows))  # not every object has each of the benchmark's own figures
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(names), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _object(evaluation: Evaluation, score: ObjectScore) -> dict[str, Any]:
    return {
        "sequence": score.sequence,
        "object": score.object,
        **({} if score.group is None else {"group": score.group}),
        "frames": score.frames,
        "JF": score.jf,
        "J_mean": score.j.mean,
        "J_recall": score.j.recall,
        "J_decay": score.j.decay,
        "F_mean": score.f.mean,
        "F_recall": score.f.recall,
        "F_decay": score.f.decay,
        **score.extras,
        "worst_frame": evaluation.stem(score.sequence, score.worst.position),
        "worst_JF": score.worst.jf,
    }


def _baseline(scores: Scores) -> dict[str, Any]:
    multi_object = scores.multi_object
    return {
        **scores.totals.figures,
        "multi_object": None if multi_object is None else multi_object.totals.figures,
    }


def _with_sequences(scores: Scores) -> dict[str, Any]:
    return {**scores.totals.figures, "sequences": list(scores.sequences), "objects": len(scores.objects)}
