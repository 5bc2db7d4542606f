"""`vos propagate --batch`: many clips, told in a table."""

import csv
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

import typer

from vos.cli.failures import STOPPED
from vos.cli.progress import emit
from vos.errors import InputError
from vos.prompts import parse_given

_NEEDED = ("clip", "mask", "out")
_TRUE, _FALSE = ("yes", "true", "1"), ("no", "false", "0", "")
_BETWEEN_MASKS = ";"


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchJob:
    """One line of the table, as arguments of `vos propagate`."""

    line: int
    """Of the table, counted from 1."""
    clip: str
    out: Path
    arguments: tuple[str, ...]

    @property
    def told(self) -> str:
        """`line 3 (a.mp4, out out/a)`: a clip may stand in several lines."""
        return f"line {self.line} ({self.clip}, out {self.out})"


def read_batch(
    table: Path, command: Callable[..., None], shared: Mapping[str, Any], check: Callable[[Sequence[str]], None]
) -> list[BatchJob]:
    """The jobs of a CSV file with a heading line: columns `clip`, `mask`, `out`, and any option's name.

    Paths are relative to the table's folder; several masks stand in one cell, with `;` between them. shared: options
    by name, for every line that has no such column or leaves it empty. check: raises InputError for arguments of
    `vos propagate` that do not fit. InputError with the line for what is wrong.
    """
    kinds = _option_kinds(command)
    rows = _rows(table)
    names = {column: column.strip().lstrip("-").replace("-", "_") for column in rows[0][1]}
    unknown = [column for column, name in names.items() if name not in kinds]
    missing = [name for name in _NEEDED if name not in names.values()]
    if unknown or missing:
        what = f"no column {', '.join(missing)}" if missing else f"no option is called {', '.join(unknown)}"
        raise InputError(f"{table}: {what}; columns are {', '.join(kinds)}")
    jobs = [_job({**shared, **_given(row, names)}, kinds, table, line) for line, row in rows]
    outs = [job.out for job in jobs]
    twice = sorted({str(out) for out in outs if outs.count(out) > 1})
    if twice:
        raise InputError(f"{table}: {', '.join(twice)}: is the out of several lines; each needs its own")
    for job in jobs:
        try:
            check(job.arguments)
        except InputError as error:
            raise InputError(f"{table}, line {job.line}: {error}") from error
    return jobs


def run_batch(
    jobs: Sequence[BatchJob], run: Callable[[Sequence[str]], int], *, quiet: bool, events: bool = False
) -> int:
    """Run one after the other; what fails stops none but itself. Returns the exit status: 0 if all are done, or 1.

    run: `vos` with these arguments; returns its exit status. Ctrl-C and SIGTERM end all. events: tell in JSON.
    """
    failed: list[BatchJob] = []
    for number, job in enumerate(jobs, start=1):
        if events:
            emit("clip", number=number, clips=len(jobs), clip=job.clip)
        elif not quiet:
            typer.echo(f"[{number}/{len(jobs)}] {job.clip}")
        status = run(["propagate", *job.arguments])
        if status in STOPPED:
            return status
        if status:
            failed.append(job)
    if events:
        facts = [{"line": job.line, "clip": job.clip, "out": str(job.out)} for job in failed]
        emit("batch_done", clips=len(jobs), failed=facts)
    elif failed or not quiet:
        told = f": failed {', '.join(job.told for job in failed)}" if failed else ""
        typer.echo(f"{len(jobs) - len(failed)} of {len(jobs)} clips are done{told}", err=bool(failed))
    return 1 if failed else 0


def _rows(table: Path) -> list[tuple[int, dict[str, str]]]:
    """Line number and cells of every line that is not empty."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: cannot be read as a table ({error})") from error
    if not rows:
        raise InputError(f"{table}: has no line below its heading")
    for line, row in rows:
        if None in row or None in row.values():
            raise InputError(f"{table}, line {line}: has another number of cells than the heading")
    return rows


def _given(row: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {names[column]: value.strip() for column, value in row.items() if value.strip()}


def _job(values: Mapping[str, Any], kinds: Mapping[str, type], table: Path, line: int) -> BatchJob:
    where, folder = f"{table}, line {line}", table.parent
    lacking = [name for name in _NEEDED if name not in values]
    if lacking:
        raise InputError(f"{where}: no {', '.join(lacking)}")
    clip, out = folder / values["clip"], folder / values["out"]
    masks = [part.strip() for part in values["mask"].split(_BETWEEN_MASKS) if part.strip()]
    arguments = [str(clip), "--out", str(out)]
    for one in parse_given(masks):
        number = "" if one.frame is None else f"{one.frame}="
        arguments += ["--mask", f"{number}{folder / one.path}"]
    for name, value in values.items():
        if name not in _NEEDED:
            arguments += _argument(name, value, kinds[name], where)
    return BatchJob(line=line, clip=values["clip"], out=out, arguments=tuple(arguments))


def _argument(name: str, value: Any, kind: type, where: str) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    if kind is not bool:
        return [option, str(value)]
    text = str(value).lower()
    if text not in (*_TRUE, *_FALSE):
        raise InputError(f"{where}: {name} is {value!r}; it must be yes or no")
    return [option] if text in _TRUE else []


def _option_kinds(command: Callable[..., None]) -> dict[str, type]:
    """Name of each of the command's options that a line may have → bool for a switch, or str."""
    kinds: dict[str, type] = {}
    for name, parameter in inspect.signature(command).parameters.items():
        if name in ("ctx", "batch"):
            continue
        plain = get_args(parameter.annotation)[0] if get_origin(parameter.annotation) else parameter.annotation
        kinds[name] = bool if bool in (plain, *get_args(plain)) else str
    return kinds
