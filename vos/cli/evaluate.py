"""`vos evaluate`: run the tracker over a data set, or take given masks, and score them."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vos.cli import options
from vos.errors import InputError

if TYPE_CHECKING:
    from vos.evaluation import Evaluation

_PANEL = "How to run"
_EXAMPLE = "Example: vos evaluate davis2016 --data DAVIS --out scores --sequences dog,libby"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("evaluate", epilog=_EXAMPLE)(evaluate_command)


def evaluate_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="davis2016 or davis2017.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Gets masks/, the reports and run.json.")],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="ROOT", help="Folder that holds JPEGImages and Annotations; without it, NAME below $VOS_DATA."
        ),
    ] = None,
    sequences: Annotated[str | None, typer.Option(metavar="A,B", help="Only these; the report says so.")] = None,
    results: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Score these masks, <sequence>/<frame>.png; track nothing.")
    ] = None,
    baselines: Annotated[
        bool,
        typer.Option(help="Also score all-empty masks, the first mask copied, and a run of the untrained readout."),
    ] = True,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Sequences at a time, each in a process; by default one a GPU, or as many as there are cores.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    threads: Annotated[int, typer.Option(metavar="N", help="CPU threads of each worker.", rich_help_panel=_PANEL)] = 1,
    executor: Annotated[
        str,
        typer.Option(metavar="local|ray", help="Processes here, or actors of a Ray cluster.", rich_help_panel=_PANEL),
    ] = "local",
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    tracker: options.Tracker = "default",
    model: options.Model = None,
    weights: options.Weights = None,
    memory: options.Memory = None,
    policy: options.Policy = None,
    size: options.Size = None,
    device: options.Device = None,
    ensemble: options.Ensemble = None,
    kind: options.Kind = None,
    precision: options.Precision = None,
    compile: options.Compile = None,
    cuda_graphs: options.CudaGraphs = None,
) -> None:
    """Score the tracker on a data set with the official J and F, beside three baselines."""
    from vos.cli.progress import stage_progress
    from vos.evaluation import evaluate_results, evaluate_tracker, open_dataset
    from vos.evaluation.executors import open_executor
    from vos.settings import load_tracker

    given = {
        "model": model,
        "weights": weights,
        "memory": memory,
        "policy": policy,
        "size": size,
        "device": device,
        "ensemble": ensemble,
        "kind": kind,
        "precision": precision,
        "compile": compile,
        "cuda_graphs": cuda_graphs,
    }
    settings = load_tracker(tracker, **given)
    dataset = open_dataset(name, data_root(name, data), sequence_names(sequences))
    if results is not None and (tracker != "default" or any(value is not None for value in given.values())):
        raise InputError(f"--results {results}: given masks are scored as they are; leave the tracker's options out")
    with (
        open_executor(executor, workers=workers, threads=threads) as where,
        stage_progress(quiet=quiet) as progress,
    ):
        evaluate = (
            partial(evaluate_tracker, dataset, settings)
            if results is None
            else partial(evaluate_results, dataset, results)
        )
        found = evaluate(out, baselines=baselines, overwrite=overwrite, executor=where, progress=progress)
    if not quiet:
        show(found, out)


def data_root(name: str, data: Path | None) -> Path:
    """The data set's folder: the one given, or `name` below the folder that VOS_DATA names."""
    if data is not None:
        return data
    if not os.environ.get("VOS_DATA"):
        raise InputError(f"--data is missing: give the folder of {name}, or set VOS_DATA to the folder above it")
    return Path(os.environ["VOS_DATA"]) / name


def sequence_names(text: str | None) -> list[str] | None:
    """`dog,libby` → ["dog", "libby"]; None stays None."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def show(evaluation: "Evaluation", out: Path) -> None:
    """Print the table, the speed, and where the reports lie."""
    from rich.console import Console

    from vos.cli.score_table import score_table
    from vos.evaluation.output import PAGE, REPORT
    from vos.evaluation.speed import total_speed

    Console().print(score_table(evaluation))
    if evaluation.speeds:
        typer.echo(
            f"{total_speed(evaluation.speeds).frames_per_second:.2f} frames/s a worker, reading and writing included"
        )
    typer.echo(f"{out / PAGE}, {out / REPORT}")
