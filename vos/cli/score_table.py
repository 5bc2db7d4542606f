"""Scores on the terminal: each sequence, then the whole beside its baselines."""

from itertools import chain

from rich import box
from rich.table import Table

from vos.evaluation import Evaluation
from vos.evaluation.report_tables import BASELINE, MEASURES, averaged, own_table, totals_cells, totals_table


def score_table(evaluation: Evaluation) -> Table:
    """Each sequence, then the whole beside its baselines, then the multi-object sequences apart."""
    scores, dataset = evaluation.scores, evaluation.dataset
    partly = "" if dataset.complete else f", {len(dataset.sequences)} sequences only"
    table = Table(title=f"{dataset.name} {dataset.split}{partly}: percent, {averaged(scores)}", box=box.SIMPLE_HEAD)
    table.add_column("", no_wrap=True)
    for heading in MEASURES:
        table.add_column(heading, justify="right")
    for name, totals in scores.sequences.items():
        table.add_row(name, *totals_cells(totals))
    for whole, *baselines in totals_table(evaluation).groups:
        table.add_section()
        table.add_row(*whole, style="bold")
        for baseline, *cells in baselines:
            table.add_row(f"  {baseline.removeprefix(BASELINE)}", *cells)
    return table


def own_figures(evaluation: Evaluation) -> Table | None:
    """The figures that only this benchmark has; None if it has none."""
    own = own_table(evaluation)
    if own is None:
        return None
    table = Table(title=own.caption, box=box.SIMPLE_HEAD)
    for heading in own.headings:
        table.add_column(heading, justify="right" if heading else "left", no_wrap=not heading)
    for label, *cells in chain.from_iterable(own.groups):
        table.add_row(label.removeprefix(BASELINE), *cells)
    return table
