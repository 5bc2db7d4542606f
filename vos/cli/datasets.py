"""`vos datasets`: is a data set whole?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vos.cli import dataset_options, options

if TYPE_CHECKING:
    from vos.datasets import Dataset

_EXAMPLE = "Example: vos datasets check davis2017 DAVIS"


def register(app: typer.Typer) -> None:
    """Add the command's group to `app`."""
    group = typer.Typer(name="datasets", help="Data sets on this machine.", no_args_is_help=True)
    group.command("check", epilog=_EXAMPLE)(check_command)
    app.add_typer(group)


def check_command(
    name: dataset_options.Name,
    root: Annotated[Path, typer.Argument(metavar="ROOT", help="Folder that the data set was unpacked into.")],
    split: dataset_options.Split = "val",
    sequences: dataset_options.Sequences = None,
    workers: Annotated[int | None, typer.Option(metavar="N", help="Processes; by default one a core.")] = None,
    quiet: options.Quiet = False,
) -> None:
    """Read every frame and every mask of a data set once, and say what is missing or damaged."""
    from vos.cli.progress import stage_progress
    from vos.datasets import ManyProblems
    from vos.evaluation.checks import check_sequences
    from vos.evaluation.executors import open_executor
    from vos.evaluation.plan import open_what_can_be

    dataset, problems = open_what_can_be(name, root, dataset_options.sequence_names(sequences), split)
    with open_executor("local", workers=workers, threads=1) as executor, stage_progress(quiet=quiet) as progress:
        try:
            check_sequences(dataset, [], executor, progress, frames=True)
        except ManyProblems as error:
            problems.add_all(error)
    problems.refuse(f"{dataset.name} in {root}")
    for line in told(dataset):
        typer.echo(line)


def told(dataset: "Dataset") -> list[str]:
    """What was read, in lines for people."""
    frames = sum(len(sequence.stems) for sequence in dataset.sequences)
    objects = sum(len(sequence.objects) for sequence in dataset.sequences)
    layers = [layer for sequence in dataset.sequences for layer in sequence.layers]
    masks = sum(len({*layer.prompts, *layer.scored}) for layer in layers)
    truth = "with truth" if dataset.truth else "without truth: to be run and submitted"
    return [
        f"{dataset.name} {dataset.split} is whole: {len(dataset.sequences)} sequences, {frames} frames, "
        f"{objects} objects, {masks} masks that are given or scored; {truth}",
        *dataset.notes,
    ]
