"""`vos demo`: a real clip with three objects, from download to overlay movie."""

from pathlib import Path
from typing import Annotated

import typer

from vos.cli import options
from vos.errors import InputError

_EXAMPLE = "Example: vos demo --out out/demo"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("demo", epilog=_EXAMPLE)(demo_command)


def demo_command(
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Gets clip/, masks/, overlay.mp4, contact_sheet.png and run.json."),
    ] = Path("out/demo"),
    frames: options.Frames = None,
    overwrite: options.Overwrite = False,
    resume: options.Resume = False,
    quiet: options.Quiet = False,
) -> None:
    """Download a clip (2.3 MB) and propagate three objects, drawn in its first frame, through it."""
    from vos.cli.job import Job
    from vos.cli.propagate import run_and_report
    from vos.cli.telling import ForPeople
    from vos.demo.film import BIG_BUCK_BUNNY, CREDIT, FIRST_MASK, obtain
    from vos.exports import ExportSettings
    from vos.prompts import GivenMask
    from vos.resume import refuse_unfinished
    from vos.run_record import stale_files
    from vos.settings import load_tracker

    chosen = options.parse_frames(frames)
    if chosen is not None and chosen[0] not in (None, 0):
        raise InputError(f"--frames {frames}: the demo's masks are those of frame 0; give 0:B")
    if not resume:
        if not overwrite:
            refuse_unfinished(out)
        stale_files(out, [], overwrite=overwrite, inputs=[])  # refuse another run's folder before the download
    job = Job(
        clip=obtain(BIG_BUCK_BUNNY, out / "clip"),
        masks=(GivenMask(path=FIRST_MASK),),
        out=out,
        settings=load_tracker(),
        frames=chosen,
        exports=ExportSettings(kinds=("overlay",)),
        contact_sheet=True,
        overwrite=overwrite,
        resume=resume,
    )
    run_and_report(job, ForPeople(quiet=quiet))
    if not quiet:
        typer.echo(f"Clip: {CREDIT}")
