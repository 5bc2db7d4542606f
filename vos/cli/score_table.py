"""Scores for people: percent, one decimal, the baselines below the score they belong to."""

from collections.abc import Callable

from rich import box
from rich.table import Table

from vos.evaluation import Evaluation, Scores
from vos.metrics import Totals

_HEADINGS = ("J&F", "J", "J recall", "J decay", "F", "F recall", "F decay")


def score_table(evaluation: Evaluation) -> Table:
    """Each sequence, then the whole beside its baselines, then the multi-object sequences apart."""
    scores, dataset = evaluation.scores, evaluation.dataset
    partly = "" if dataset.complete else f", {len(dataset.sequences)} sequences only"
    table = Table(
        title=f"{dataset.name}{partly}: percent, mean over {len(scores.objects)} objects", box=box.SIMPLE_HEAD
    )
    table.add_column("", no_wrap=True)
    for heading in _HEADINGS:
        table.add_column(heading, justify="right")
    for name, totals in scores.sequences.items():
        table.add_row(name, *_cells(totals))
    table.add_section()
    _add_compared(table, "all", evaluation, lambda one: one)
    if scores.multi_object is not None and scores.multi_object != scores:
        table.add_section()
        _add_compared(table, "multi-object", evaluation, lambda one: one.multi_object)
    return table


def _add_compared(table: Table, name: str, evaluation: Evaluation, part: Callable[[Scores], Scores | None]) -> None:
    """One row for a part of the score, and one for the same part of each baseline."""
    rows = {f"[bold]{name}": evaluation.scores} | {
        f"  {baseline.replace('_', ' ')}": scores for baseline, scores in evaluation.baselines.items()
    }
    for label, scores in rows.items():
        chosen = part(scores)
        if chosen is not None:
            table.add_row(label, *_cells(chosen.totals))


def _cells(totals: Totals) -> list[str]:
    """In the order of the headings."""
    fractions = (
        totals.JF,
        totals.J_mean,
        totals.J_recall,
        totals.J_decay,
        totals.F_mean,
        totals.F_recall,
        totals.F_decay,
    )
    return [f"{round(100 * fraction, 1) + 0.0:.1f}" for fraction in fractions]  # + 0.0: no "-0.0"
