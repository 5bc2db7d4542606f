"""`vos segment`: examples and images in, a mask for every image out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperCommand

from vos.cli import options
from vos.errors import InputError

if TYPE_CHECKING:
    from vos.cli.segment_job import SegmentJob
    from vos.run_record import ImagesRecord

_EXAMPLE = "Example: vos segment photos --prompt cat.jpg cat_mask.png --out run --overlay"
_PROMPT = "--prompt"


class _SegmentCommand(TyperCommand):
    """Typer has no option that takes two values and may be repeated: `--prompt A B` is read as two options."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        return super().parse_args(ctx, split_pairs(args))


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("segment", epilog=_EXAMPLE, cls=_SegmentCommand)(segment_command)


def segment_command(
    query: Annotated[
        list[Path],
        typer.Argument(metavar="QUERY", help="Images to segment, or folders of images.", show_default=False),
    ],
    prompt: Annotated[
        list[Path],
        typer.Option(
            metavar="IMAGE MASK",
            help="An example: an image and its mask, an indexed PNG with ids 1..254, black and white for one class, "
            "or one flat colour a class. May be repeated.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Gets masks/, run.json, and soft/ and overlay/ when asked for.")
    ],
    soft: Annotated[
        bool, typer.Option("--soft", help="Also write DIR/soft/<class id>/: probabilities as grey images.")
    ] = False,
    overlay: Annotated[bool, typer.Option("--overlay", help="Also write DIR/overlay/: the images, tinted.")] = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    model: options.Model = None,
    weights: options.Weights = None,
    size: options.Size = None,
    device: options.Device = None,
    ensemble: options.Ensemble = None,
    kind: options.Kind = None,
    precision: options.Precision = None,
    compile: options.Compile = None,
    cuda_graphs: options.CudaGraphs = None,
) -> None:
    """Segment images as one or more examples show it."""
    from vos.cli.progress import frame_progress
    from vos.cli.segment_job import SegmentJob, open_job, run_job
    from vos.settings import model_settings

    job = SegmentJob(
        queries=query,
        prompts=list(zip(prompt[::2], prompt[1::2], strict=True)),
        out=out,
        settings=model_settings(
            model=model,
            weights=weights,
            size=size,
            device=device,
            ensemble=ensemble,
            kind=kind,
            precision=precision,
            compile=compile,
            cuda_graphs=cuda_graphs,
        ),
        soft=soft,
        overlay=overlay,
        overwrite=overwrite,
    )
    opened = open_job(job)
    with frame_progress(len(opened.files), "segment", quiet=quiet, unit="images") as advance:
        record = run_job(opened, advance)
    if not quiet:
        typer.echo(summary(job, record))


def split_pairs(arguments: Sequence[str]) -> list[str]:
    """`--prompt A B` to `--prompt A --prompt B`; all else as it is.

    Raises InputError for a `--prompt` that two values do not follow.
    """
    split: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return [*split, argument, *rest]
        if argument != _PROMPT and not argument.startswith(f"{_PROMPT}="):
            split.append(argument)
            continue
        pair = [next(rest, ""), next(rest, "")] if argument == _PROMPT else []
        if len(pair) != 2 or any(not value or value.startswith("--") for value in pair):
            given = " ".join([argument, *filter(None, pair)])
            raise InputError(f"{given}: give an image and its mask, such as {_PROMPT} cat.jpg cat_mask.png")
        split += [_PROMPT, pair[0], _PROMPT, pair[1]]
    return split


def summary(job: "SegmentJob", record: "ImagesRecord") -> str:
    """`3 images at 2.31 images/s: out/masks, out/run.json`, and the numbers of classes that were given by colour."""
    timing = record.timing or {}
    results = sorted({str(job.out / Path(name).parts[0]) for name in record.outputs})
    count = f"{timing['images']} image{'s' * (timing['images'] != 1)}"
    line = f"{count} at {timing['images_per_second']:.2f} images/s: {', '.join(results)}"
    if record.colours:
        line += f"\nclasses: {', '.join(f'{number} {colour}' for colour, number in record.colours.items())}"
    return line
