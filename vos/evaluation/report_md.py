"""report.md: an evaluation's tables, for a repository or a pull request."""

from collections.abc import Sequence

from vos.evaluation.evaluation import Evaluation
from vos.evaluation.report_tables import (
    Row,
    Table,
    headline,
    notes,
    objects_table,
    own_table,
    provenance_table,
    sequences_table,
    settings_table,
    speed_lines,
    subject,
    totals_table,
)


def markdown_report(evaluation: Evaluation) -> str:
    """Totals, sequences, objects and where they come from."""
    settings, own = settings_table(evaluation), own_table(evaluation)
    parts = [
        f"# {_cell(headline(evaluation))}",
        _cell(subject(evaluation)),
        *(f"**{_cell(note)}**" for note in notes(evaluation)),
        *_section("Totals", totals_table(evaluation)),
        *([] if own is None else _section("The benchmark's own figures", own)),
        *(_cell(line) for line in speed_lines(evaluation)),
        *_section("Sequences", sequences_table(evaluation)),
        *_section("Objects, lowest first", objects_table(evaluation)),
        *_section("Provenance", provenance_table(evaluation)),
        *(_section("Settings", settings) if settings.groups[0] else []),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, table: Table) -> list[str]:
    return [f"## {title}", f"{_cell(table.caption)}.", _table(table)]


def _table(table: Table) -> str:
    align = ["---", *("---" if table.text else "---:" for _ in table.headings[1:])]
    rows = [table.headings, tuple(align), *(row for group in table.groups for row in group)]
    return "\n".join(_row(row) for row in rows)


def _row(cells: Row | Sequence[str]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """Text that is no markup, in one line."""
    plain = " ".join(text.split())
    for sign in "\\`*_|<>[]#":
        plain = plain.replace(sign, f"\\{sign}")
    return plain
