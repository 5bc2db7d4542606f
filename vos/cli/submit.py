"""`vos submit`: masks as a benchmark's server takes them."""

from pathlib import Path
from typing import Annotated

import typer

from vos.cli import dataset_options, options
from vos.errors import InputError

_EXAMPLE = "Example: vos submit davis2017 --data DAVIS --results scores/masks --out davis.zip"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("submit", epilog=_EXAMPLE)(submit_command)


def submit_command(
    name: dataset_options.Name,
    results: Annotated[Path, typer.Option(metavar="DIR", help="Holds the masks, <sequence>/<frame>.png.")],
    out: Annotated[Path, typer.Option(metavar="ZIP", help="The file to be written; its name ends in .zip.")],
    data: dataset_options.Data = None,
    split: dataset_options.Split = "val",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace ZIP if there is one.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Check masks against the data set's list, and pack those that its server requires."""
    from vos.cli.progress import frame_progress
    from vos.evaluation import open_dataset
    from vos.evaluation.submit import required_masks, write_submission

    require_free(out, overwrite=overwrite)
    dataset = open_dataset(name, dataset_options.data_root(name, data), split=split)
    with frame_progress(required_masks(dataset), "packing", quiet=quiet, unit="masks") as advance:
        written = write_submission(dataset, results, out, advance)
    if not quiet:
        what = f"{dataset.name} {dataset.split}"
        typer.echo(f"{written.path}: {what}, {written.masks} masks of {written.sequences} sequences")
        if not written.served:
            typer.echo(
                f"{what} has no public server that is always open; where its truth is public, `vos evaluate` scores"
            )


def require_free(out: Path, *, overwrite: bool) -> None:
    """InputError unless `out` may be written: a zip by its name, and none that is there unless `overwrite`."""
    if out.suffix != ".zip":
        raise InputError(f"--out {out}: must be a file that ends in .zip")
    if out.exists() and (out.is_dir() or not overwrite):
        raise InputError(f"--out {out}: is there already; give another, or --overwrite to replace it")
