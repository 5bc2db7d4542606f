"""Scores on the terminal: each sequence, then the whole beside its baselines."""

from rich import box
from rich.table import Table

from vos.evaluation import Evaluation
from vos.evaluation.report_tables import BASELINE, MEASURES, totals_cells, totals_table


def score_table(evaluation: Evaluation) -> Table:
    """Each sequence, then the whole beside its baselines, then the multi-object sequences apart."""
    scores, dataset = evaluation.scores, evaluation.dataset
    partly = "" if dataset.complete else f", {len(dataset.sequences)} sequences only"
    table = Table(
        title=f"{dataset.name}{partly}: percent, mean over {len(scores.objects)} objects", box=box.SIMPLE_HEAD
    )
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
