"""What reports show to people, as tables of text: percent, baselines below the score they belong to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vos.evaluation.evaluation import Evaluation, Run
from vos.evaluation.scoring import Scores
from vos.evaluation.speed import total_speed
from vos.metrics import ObjectScore, Protocol, Totals

_SHOWN_MISSING = 10

Row = tuple[str, ...]

MEASURES = ("J&F", "J", "J recall", "J decay", "F", "F recall", "F decay")
"""Headings of what `totals_cells` gives."""
BASELINE = "baseline: "
"""Before the name of one."""
PATHS = ("data", "results")
"""Facts that tell only where things lay on one machine; their fingerprints say what they were."""
_TOLD_ELSEWHERE = ("dataset", "split", "sequences", "missing_masks", "baselines", "settings", "models")


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows in groups that belong together; the first column is a name, unless `text` says that all are words."""

    caption: str
    headings: Row
    groups: tuple[tuple[Row, ...], ...]
    text: bool = False
    """Whether cells are words, not figures."""


def headline(evaluation: Evaluation) -> str:
    """What was scored and what it got, in one line: the figure that the benchmark itself ranks by."""
    totals, dataset = evaluation.scores.totals, evaluation.dataset
    if Protocol(dataset.protocol) is Protocol.VOST:
        got = f"J {percent(totals.J_mean)}, over the last quarter {percent(totals.extras['J_last_mean'])}"
    else:
        got = f"J&F {percent(totals.JF)}"
    return f"{dataset.name} {dataset.split}: {got}"


def subject(evaluation: Evaluation) -> str:
    """Whose masks were scored, in one line."""
    facts = evaluation.provenance
    if "results_sha256" in facts:
        return f"Given masks, SHA-256 {facts['results_sha256']}."
    return f"Model {facts['model']['name']}, weights SHA-256 {facts['model']['weights_sha256']}."


def notes(run: Run) -> list[str]:
    """What a reader has to know before any figure."""
    dataset, missing = run.dataset, run.provenance.get("missing_masks", [])
    names = ", ".join(sequence.name for sequence in dataset.sequences)
    shown = ", ".join(missing[:_SHOWN_MISSING]) + (", …" if len(missing) > _SHOWN_MISSING else "")
    return [
        *([] if dataset.complete else [f"Not the whole set. Only these sequences were taken: {names}."]),
        *([f"{len(missing)} masks are missing and count as empty: {shown}."] if missing else []),
        *dataset.notes,
    ]


def totals_table(evaluation: Evaluation) -> Table:
    """The whole, then the sequences with several objects, each above the same of its baselines."""
    scores = evaluation.scores
    groups = [_compared("all", evaluation, lambda one: one)]
    if scores.multi_object is not None and scores.multi_object != scores:
        groups.append(_compared("multi-object", evaluation, lambda one: one.multi_object))
    return Table(caption=f"Percent, {averaged(scores)}", headings=("", *MEASURES), groups=tuple(groups))


def own_table(evaluation: Evaluation) -> Table | None:
    """The figures that only this benchmark has, for the whole and each baseline; None if it has none."""
    names = list(evaluation.scores.totals.extras)
    if not names:
        return None
    rows = {"all": evaluation.scores} | _baselines(evaluation)
    cells = {label: scores.totals.extras for label, scores in rows.items()}
    return Table(
        caption="Percent, by the benchmark's own rules",
        headings=("", *map(own_heading, names)),
        groups=(tuple((label, *(_percent(own.get(name)) for name in names)) for label, own in cells.items()),),
    )


def own_heading(name: str) -> str:
    """`JF_disappear` → "J&F disappear"; `F_diagonal_mean` → "F diagonal"."""
    return words(name.replace("JF", "J&F").removesuffix("_mean"))


def averaged(scores: Scores) -> str:
    """What the totals are means over."""
    groups = sorted({score.group for score in scores.objects if score.group is not None})
    over = f"{len(scores.objects)} objects"
    return f"mean over {' and '.join(groups)} of {over}" if groups else f"mean over {over}"


def sequences_table(evaluation: Evaluation) -> Table:
    """In the order of the data set; with each one's speed, where it was tracked."""
    speeds = evaluation.speeds
    rows = tuple(
        (name, *totals_cells(totals), *([f"{speeds[name].frames_per_second:.2f}"] if speeds else []))
        for name, totals in evaluation.scores.sequences.items()
    )
    headings = ("sequence", *MEASURES, *(["frames/s"] if speeds else []))
    return Table(caption="Percent, mean over the objects of each sequence", headings=headings, groups=(rows,))


def objects_table(evaluation: Evaluation) -> Table:
    """Lowest J&F first."""
    rows = tuple(_object_row(evaluation, score) for score in sorted(evaluation.scores.objects, key=lambda one: one.jf))
    headings = ("sequence", "object", *MEASURES, "frames", "worst frame", "J&F there")
    return Table(caption="Percent, mean over the scored frames of each object", headings=headings, groups=(rows,))


def settings_table(evaluation: Evaluation) -> Table:
    """Every setting, as resolved. No row where given masks were scored."""
    settings = flattened(evaluation.provenance.get("settings", {}))
    rows = tuple((name, _shown(value)) for name, value in settings.items())
    return Table(caption="As resolved", headings=("setting", "value"), groups=(rows,), text=True)


def provenance_table(evaluation: Evaluation) -> Table:
    """Where the score comes from. Paths are left out: they mean nothing on another machine."""
    dataset = evaluation.dataset
    facts = {name: value for name, value in evaluation.provenance.items() if name not in (*PATHS, *_TOLD_ELSEWHERE)}
    part = "all sequences" if dataset.complete else "some sequences only"
    rows = [("data set", f"{dataset.name} {dataset.split}, {len(dataset.sequences)} sequences ({part})")]
    rows += [(words(name), _shown(value)) for name, value in facts.items() if value is not None]
    return Table(
        caption="Fingerprints are SHA-256 over names and bytes", headings=("", ""), groups=(tuple(rows),), text=True
    )


def speed_lines(evaluation: Evaluation) -> list[str]:
    """How fast frames were tracked and how much memory it took, as far as it is known."""
    facts, lines = evaluation.provenance, []
    if evaluation.speeds:
        speed = total_speed(evaluation.speeds).frames_per_second
        lines.append(f"{speed:.2f} frames/s a worker, reading and writing included.")
    peaks = {"a worker": facts.get("peak_memory_mib"), "on the GPU": facts.get("peak_gpu_memory_mib")}
    told = [f"{peak:.0f} MiB {where}" for where, peak in peaks.items() if peak is not None]
    return [*lines, *([f"Peak memory: {', '.join(told)}."] if told else [])]


def totals_cells(totals: Totals) -> Row:
    """In the order of MEASURES."""
    return tuple(percent(value) for value in measures(totals))


def measures(totals: Totals) -> tuple[float, ...]:
    """The fractions in the order of MEASURES."""
    return (
        totals.JF,
        totals.J_mean,
        totals.J_recall,
        totals.J_decay,
        totals.F_mean,
        totals.F_recall,
        totals.F_decay,
    )


def percent(fraction: float) -> str:
    """0.1234 → "12.3"; never "-0.0"."""
    return f"{round(100 * fraction, 1) + 0.0:.1f}"


def words(name: str) -> str:
    """`first_mask_copied` → "first mask copied"; a hash is a fingerprint."""
    return name.replace("_sha256", " SHA-256").replace("_mib", " (MiB)").replace("_", " ")


def flattened(facts: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, under dotted names."""
    flat: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, Mapping):
            flat |= flattened(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _compared(name: str, evaluation: Evaluation, part: Callable[[Scores], Scores | None]) -> tuple[Row, ...]:
    """One row for a part of the score, and one for the same part of each baseline."""
    rows = {name: evaluation.scores} | _baselines(evaluation)
    chosen = {label: part(scores) for label, scores in rows.items()}
    return tuple((label, *totals_cells(scores.totals)) for label, scores in chosen.items() if scores is not None)


def _baselines(evaluation: Evaluation) -> dict[str, Scores]:
    return {f"{BASELINE}{words(baseline)}": scores for baseline, scores in evaluation.baselines.items()}


def _percent(fraction: float | None) -> str:
    """A figure that not every run has, such as that of frames in which nothing came back."""
    return "–" if fraction is None else percent(fraction)


def _object_row(evaluation: Evaluation, score: ObjectScore) -> Row:
    values = (score.jf, score.j.mean, score.j.recall, score.j.decay, score.f.mean, score.f.recall, score.f.decay)
    return (
        score.sequence,
        score.object,
        *map(percent, values),
        str(score.frames),
        evaluation.stem(score.sequence, score.worst.position),
        percent(score.worst.jf),
    )


def _shown(value: Any) -> str:
    """A fact for people: nested facts in one line, and of a file its name, not where it lay."""
    if isinstance(value, Mapping):
        return " · ".join(f"{words(name)} {_shown(inner)}" for name, inner in flattened(value).items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_shown(one) for one in value)
    text = "–" if value is None else str(value)
    return text.rpartition("/")[2] if text.startswith("/") else text
