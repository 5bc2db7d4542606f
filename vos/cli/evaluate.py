"""`vos evaluate`: run the tracker over a data set, or take given masks, and score them."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vos.cli import dataset_options, options
from vos.errors import InputError

if TYPE_CHECKING:
    from vos.evaluation import Run

_PANEL = "How to run"
_EXAMPLE = "Example: vos evaluate davis2016 --data DAVIS --out scores --sequences dog,libby"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("evaluate", epilog=_EXAMPLE)(evaluate_command)


def evaluate_command(
    name: dataset_options.Name,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Gets masks/, the reports and run.json.")],
    data: dataset_options.Data = None,
    split: dataset_options.Split = "val",
    sequences: dataset_options.Sequences = None,
    results: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Score these masks, <sequence>/<frame>.png; track nothing.")
    ] = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="With --results: masks that are not there count as empty.")
    ] = False,
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
    zoom: options.Zoom = None,
    size: options.Size = None,
    device: options.Device = None,
    ensemble: options.Ensemble = None,
    kind: options.Kind = None,
    precision: options.Precision = None,
    compile: options.Compile = None,
    cuda_graphs: options.CudaGraphs = None,
) -> None:
    """Score the tracker on a data set by the benchmark's own rules, beside three baselines."""
    from vos.cli.progress import stage_progress
    from vos.evaluation import evaluate_results, evaluate_tracker, open_dataset
    from vos.evaluation.executors import open_executor
    from vos.settings import load_tracker

    given = {
        "model": model,
        "weights": weights,
        "memory": memory,
        "policy": policy,
        "zoom": zoom,
        "size": size,
        "device": device,
        "ensemble": ensemble,
        "kind": kind,
        "precision": precision,
        "compile": compile,
        "cuda_graphs": cuda_graphs,
    }
    settings = load_tracker(tracker, **given)
    if allow_missing and results is None:
        raise InputError("--allow-missing is for --results: a run writes every mask")
    dataset = open_dataset(
        name, dataset_options.data_root(name, data), dataset_options.sequence_names(sequences), split
    )
    if results is not None and (tracker != "default" or any(value is not None for value in given.values())):
        raise InputError(f"--results {results}: given masks are scored as they are; leave the tracker's options out")
    with (
        open_executor(executor, workers=workers, threads=threads) as where,
        stage_progress(quiet=quiet) as progress,
    ):
        evaluate = (
            partial(evaluate_tracker, dataset, settings)
            if results is None
            else partial(evaluate_results, dataset, results, allow_missing=allow_missing)
        )
        found = evaluate(out, baselines=baselines, overwrite=overwrite, executor=where, progress=progress)
    if not quiet:
        show(found, out)


def show(found: "Run", out: Path) -> None:
    """Print the notes, the tables, the speed, and where masks and reports lie."""
    from rich.console import Console

    from vos.cli.score_table import own_figures, score_table
    from vos.evaluation import Evaluation
    from vos.evaluation.output import MASKS, PAGE, REPORT
    from vos.evaluation.report_tables import notes
    from vos.evaluation.speed import total_speed

    console = Console()
    for note in notes(found):
        console.print(note, style="yellow", markup=False)
    if isinstance(found, Evaluation):
        for table in (score_table(found), own_figures(found)):
            if table is not None:
                console.print(table)
    if found.speeds:
        typer.echo(f"{total_speed(found.speeds).frames_per_second:.2f} frames/s a worker, reading and writing included")
    if isinstance(found, Evaluation):
        typer.echo(f"{out / PAGE}, {out / REPORT}")
    else:
        name, split = found.dataset.name, found.dataset.split
        typer.echo(f"{name} {split} has no public truth: `vos submit {name} --split {split} --results {out / MASKS}`")
