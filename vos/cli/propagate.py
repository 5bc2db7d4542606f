"""`vos propagate`: a clip and the masks of its first frame in, a mask for every frame out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vos.cli import options
from vos.cli.failures import exit_code, lines_of
from vos.cli.progress import emit
from vos.cli.stopping import telling_how_to_go_on
from vos.cli.telling import ForPeople, ForPrograms, Teller
from vos.errors import InputError, VosError

if TYPE_CHECKING:
    from vos.cli.job import Job, OpenedJob
    from vos.io import ClipInfo
    from vos.run_record import RunRecord

_PANEL = "What to write besides masks"
_EDGES = "Edges of mattes"
_EXAMPLE = "Example: vos propagate clip.mp4 --mask first_frame.png --out run --overlay"


_NEEDED = {"CLIP": "clip", "--mask": "mask", "--out": "out"}
"""What every clip needs, as users and as the command's parameters call it."""


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("propagate", epilog=_EXAMPLE)(propagate_command)


def propagate_command(
    ctx: typer.Context,
    clip: Annotated[
        Path | None,
        typer.Argument(
            metavar="CLIP",
            show_default=False,
            help="A video file, or a folder of images; or what is read as it comes: - (standard input), a URL, a pipe, "
            "or a capture device.",
        ),
    ] = None,
    mask: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[N=]MASK",
            help="Objects of frame N, or of the first frame: an indexed PNG with ids 1..254, a black and white image, "
            "a cut-out, a folder with an image an object, or JSON. May be repeated, for objects that come later and "
            "for corrections.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Gets masks/, confidence.csv, run.json, and what is asked for.")
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", help="Many clips: a table with the columns clip, mask, out, and those of other options."
        ),
    ] = None,
    frames: options.Frames = None,
    reader: options.Reader = "auto",
    export: Annotated[
        str | None,
        typer.Option(
            "--export",
            metavar="KIND,KIND",
            help="Also write DIR/KIND/: soft8, soft16, rgba, exr, prores, vp9, ffv1, qtrle, rle; or overlay.mp4.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    overlay: Annotated[
        bool,
        typer.Option("--overlay", help="Also write DIR/overlay.mp4, at the clip's own times.", rich_help_panel=_PANEL),
    ] = False,
    per_object: Annotated[
        bool,
        typer.Option(
            "--per-object", help="A matte an object, in DIR/KIND/ID/, not one of all.", rich_help_panel=_PANEL
        ),
    ] = False,
    alpha: Annotated[
        str | None,
        typer.Option(
            "--alpha",
            metavar="straight|premultiplied",
            help="Colours beside an alpha: as they are, or times alpha; by default straight, and premultiplied in EXR.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    start_number: Annotated[
        int | None,
        typer.Option(
            "--start-number",
            metavar="N",
            help="Number the files of image sequences from N; without it, as masks are.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    direction: Annotated[
        str,
        typer.Option(
            "--direction", metavar="forward|backward|both", help="Which way masks are carried; both ways are merged."
        ),
    ] = "forward",
    names: Annotated[
        str | None, typer.Option("--names", metavar="ID=NAME,…", help="What objects are called, in folders and tables.")
    ] = None,
    resize_mask: Annotated[
        bool, typer.Option("--resize-mask", help="Accept masks of another size than the clip's, and resize them.")
    ] = False,
    refine: Annotated[
        str,
        typer.Option(
            "--refine",
            metavar="guided|closed-form|none",
            help="How mattes find the picture's edges; none leaves them as the model sees them.",
            rich_help_panel=_EDGES,
        ),
    ] = "guided",
    grow: Annotated[
        int, typer.Option("--grow", metavar="PX", min=0, help="Move mattes' edges outwards.", rich_help_panel=_EDGES)
    ] = 0,
    shrink: Annotated[
        int, typer.Option("--shrink", metavar="PX", min=0, help="Move them inwards.", rich_help_panel=_EDGES)
    ] = 0,
    feather: Annotated[
        float, typer.Option("--feather", metavar="PX", help="Blur mattes' edges.", rich_help_panel=_EDGES)
    ] = 0.0,
    despeckle: Annotated[
        int,
        typer.Option(
            "--despeckle",
            metavar="PX",
            help="Drop islands and fill holes of fewer than PX pixels in mattes.",
            rich_help_panel=_EDGES,
        ),
    ] = 0,
    overwrite: options.Overwrite = False,
    resume: options.Resume = False,
    quiet: options.Quiet = False,
    json: Annotated[
        bool, typer.Option("--json", help="Tell what happens as lines of JSON on standard output, for programs.")
    ] = False,
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
    """Propagate masks of one frame or several through a clip."""
    try:
        if batch is not None:
            run_table(batch, ctx, quiet=quiet, events=json)
        else:
            run_and_report(build_job(ctx.params), ForPrograms() if json else ForPeople(quiet=quiet))
    except VosError as error:
        if json:
            emit("error", message="\n".join(lines_of(error)), status=exit_code(error))
        raise


def build_job(values: Mapping[str, Any]) -> "Job":
    """The job that the command's options, by name, ask for. InputError for options that do not fit."""
    from vos.cli.job import Job
    from vos.direction import parse_direction
    from vos.exports import ExportSettings, parse_alpha, parse_kinds
    from vos.io import live_name
    from vos.matte import Edges, parse_method
    from vos.prompts import parse_given, parse_names
    from vos.settings import load_tracker

    missing = [text for text, name in _NEEDED.items() if not values[name]]
    if missing:
        raise InputError(f"{', '.join(missing)} missing: vos propagate CLIP --mask MASK --out DIR, or --batch CSV")
    return Job(
        clip=values["clip"],
        live=live_name(values["clip"]),
        masks=parse_given(values["mask"]),
        out=values["out"],
        settings=load_tracker(values["tracker"], **{name: values[name] for name in options.TRACKING}),
        frames=options.parse_frames(values["frames"]),
        reader=values["reader"],
        exports=ExportSettings(
            kinds=parse_kinds(values["export"], overlay=values["overlay"]),
            per_object=values["per_object"],
            alpha=parse_alpha(values["alpha"]),
            start_number=values["start_number"],
            edges=Edges(
                refine=parse_method(values["refine"]),
                despeckle=values["despeckle"],
                grow=signed_growth(values["grow"], values["shrink"]),
                feather=values["feather"],
            ),
        ),
        names=parse_names(values["names"]),
        direction=parse_direction(values["direction"]),
        resize_masks=values["resize_mask"],
        overwrite=values["overwrite"],
        resume=values["resume"],
    )


def run_table(table: Path, ctx: typer.Context, *, quiet: bool, events: bool) -> None:
    """Run every line of a table; options that were given beside it hold for every line that says nothing else."""
    from vos.cli.batch import read_batch, run_batch
    from vos.cli.main import exit_status

    given = {name: ctx.params[name] for name in ctx.params if _was_given(ctx, name) and name != "batch"}
    alone = [text for text, name in _NEEDED.items() if name in given]
    if alone:
        raise InputError(f"--batch {table}: {', '.join(alone)} must stand in the table")
    jobs = read_batch(table, propagate_command, given, lambda arguments: check_arguments(ctx, arguments))
    status = run_batch(jobs, exit_status, quiet=quiet, events=events)
    if status:
        raise typer.Exit(status)


def check_arguments(ctx: typer.Context, arguments: Sequence[str]) -> None:
    """Raises InputError for arguments of the command, `ctx`'s, that a run would refuse before it looks at any file."""
    try:
        values = ctx.command.make_context("propagate", list(arguments)).params
    except typer.BadParameter as error:
        name = str(error.param and error.param.name)
        value = arguments[arguments.index(f"--{name.replace('_', '-')}") + 1]
        raise InputError(f"{name} is {value!r}: {error.message[:1].lower()}{error.message[1:]}") from error
    build_job(values)


def _was_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def signed_growth(grow: int, shrink: int) -> int:
    """Pixels by which edges move outwards. Raises InputError where both ways are asked for."""
    if grow and shrink:
        raise InputError(f"--grow {grow} --shrink {shrink}: give one of them")
    return grow - shrink


def run_and_report(job: "Job", teller: Teller) -> "RunRecord":
    """Run the job, and tell what happens."""
    from vos.cli.job import open_job
    from vos.cli.run_job import run_job
    from vos.confidence_log import told
    from vos.io.audio import find_audio

    opened = open_job(job)
    if opened.is_done:
        teller.note(f"{job.out}: is done already")
    if job.reader == "auto" and opened.device == "cuda":
        teller.note(reader_line(opened.clip.info))
    if opened.clip.info.missing:
        teller.warn(f"{job.clip}: numbers {', '.join(opened.clip.info.missing)} are missing; frames count by position")
    if gaps := opened.clip.info.gaps:
        teller.warn(
            f"{job.clip}: pictures before frames {', '.join(map(str, gaps))} are lost; frames count by position"
        )
    if empty := frames_without_masks(opened):
        teller.warn(f"frames {empty.start} to {empty.stop - 1} will be empty: no mask is carried there (--direction)")
    if "overlay" in job.exports.kinds:
        for codec in find_audio(opened.clip.info).left_out:
            teller.warn(f"{job.clip}: sound in {codec} cannot be copied into MP4: the overlay goes without it")
    with teller.begin(opened) as advance, telling_how_to_go_on(job):
        record = run_job(opened, advance)
    if record.damaged_frames:
        numbers = ", ".join(map(str, record.damaged_frames))
        made_up = "parts of them are made up, and of those after, up to the next keyframe"
        teller.warn(f"{job.clip}: the data of frames {numbers} are damaged: {made_up}")
    for name, ranges in record.doubts.items():
        teller.warn(f"object {name} is unsure or lost in frames {told(ranges)}: look there (--mask N=MASK corrects)")
    teller.done(job, record)
    return record


def frames_without_masks(opened: "OpenedJob") -> range:
    """Frames that the job's direction leaves without any mask."""
    frames = opened.clip.frames
    if opened.job.direction == "forward":
        return range(frames.start, min(opened.masks))
    return range(max(opened.masks) + 1, frames.stop) if opened.job.direction == "backward" else range(0)


def reader_line(info: "ClipInfo") -> str:
    """`reader pyav (torchcodec: it is not installed: pip install torchcodec)`."""
    return f"reader {info.reader}" + (f" ({info.reader_note})" if info.reader_note else "")
