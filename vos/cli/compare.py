"""`vos compare`: what changed between two evaluations."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import JustifyMethod
    from rich.table import Table

    from vos.evaluation.compare import Comparison

_EXAMPLE = "Example: vos compare scores/before scores/after"
_UNCHANGED = 0.0005
"""J&F that moved by less shows as 0.0."""


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("compare", epilog=_EXAMPLE)(compare_command)


def compare_command(
    before: Annotated[Path, typer.Argument(metavar="A", help="A folder that holds report.json, or that file.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another, of the same data set.")],
    common: Annotated[
        bool, typer.Option("--common", help="Compare the sequences that both have, where one has others.")
    ] = False,
    objects: Annotated[
        int, typer.Option(metavar="N", min=0, help="Show the N objects that changed most; 0 shows all.")
    ] = 20,
) -> None:
    """Show what changed in settings, weights and data, in the totals and for each object."""
    from rich.console import Console

    from vos.evaluation.compare import compare, read_report

    found = compare(read_report(before), read_report(after), common=common)
    console = Console()
    for line in lines(found):
        typer.echo(line)
    if found.facts:
        console.print(facts_table(found))
    console.print(totals_table(found))
    console.print(objects_table(found, objects or len(found.objects)))


def lines(found: "Comparison") -> list[str]:
    """What a reader has to know before the tables."""
    moved = [change.jf for change in found.objects.values()]
    better, worse = sum(one >= _UNCHANGED for one in moved), sum(one <= -_UNCHANGED for one in moved)
    told = f"{found.dataset}: {len(moved)} objects, {better} better, {worse} worse"
    if not found.left_out:
        return [told]
    left_out = ", ".join(found.left_out)
    return [told, f"Not the whole of both: sequences of one report only are left out ({left_out}), totals are means"]


def facts_table(found: "Comparison") -> "Table":
    """Settings, weights, data, code and machine, where they differ."""
    table = _table("What differs", ("", "A", "B"), justify="left")
    for name, values in found.facts.items():
        table.add_row(name, *(_shown(value) for value in values))
    return table


def totals_table(found: "Comparison") -> "Table":
    """In percent."""
    table = _table("Totals, percent", ("", "A", "B", "change"))
    for name, (before, after) in found.totals.items():
        table.add_row(name, _percent(before), _percent(after), _signed(after - before))
    return table


def objects_table(found: "Comparison", most: int) -> "Table":
    """The `most` objects that changed most, in percent."""
    shown = list(found.objects.items())[:most]
    count = f"{len(shown)} of {len(found.objects)}" if len(shown) < len(found.objects) else "all"
    title = f"{count} objects, largest change first, percent"
    table = _table(title, ("sequence", "object", "J&F in A", "in B", "change", "J", "F"))
    for (sequence, identity), change in shown:
        before, after = change.before, change.after
        moved = (_signed(change.jf), _signed(after.j - before.j), _signed(after.f - before.f))
        table.add_row(sequence, identity, _percent(before.jf), _percent(after.jf), *moved)
    return table


def _table(title: str, headings: tuple[str, ...], justify: "JustifyMethod" = "right") -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    first, *others = headings
    table.add_column(first, overflow="fold")
    for heading in others:
        table.add_column(heading, justify=justify, overflow="fold")
    return table


def _percent(fraction: float) -> str:
    from vos.evaluation.report_tables import percent

    return percent(fraction)


def _signed(fraction: float) -> str:
    """0.012 → "+1.2"; what rounds to nothing has no sign."""
    return f"{round(100 * fraction, 1) + 0.0:+.1f}" if abs(fraction) >= _UNCHANGED else "0.0"


def _shown(value: Any) -> str:
    """Of a hash its beginning; of what is not told, a dash."""
    text = "–" if value is None else str(value)
    return f"{text[:12]}…" if re.fullmatch(r"[0-9a-f]{40,}", text) else text
