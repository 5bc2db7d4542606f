"""The `vos` command: its subcommands, its version, and how errors end it."""

from collections.abc import Sequence
from typing import Annotated

import typer

from vos.cli import compare, datasets, demo, evaluate, info, mask, models, propagate, segment, submit, train
from vos.cli.failures import exit_code, lines_of
from vos.errors import VosError

_COMMANDS = (propagate, segment, evaluate, compare, submit, datasets, mask, info, models, train, demo)


def build_app() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        name="vos",
        help="Video object segmentation in context: masks of one frame in, masks of every frame out.",
        epilog="Example: vos propagate clip.mp4 --mask first_frame.png --out run --overlay",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    for command in _COMMANDS:
        command.register(app)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0, 2 for what is refused before work starts, 1 for work that failed.

    arguments: without the program's name; None takes the process's own.
    """
    try:
        build_app()(args=arguments, prog_name="vos")
    except VosError as error:
        first, *others = lines_of(error)
        typer.echo("\n  ".join([f"vos: {first}", *others]), err=True)
        raise SystemExit(exit_code(error)) from error


def exit_status(arguments: Sequence[str]) -> int:
    """Run the command line, and return what `main` would exit with."""
    try:
        main(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _print_version(asked: bool) -> None:
    if asked:
        from vos.run_record import versions

        typer.echo(f"vos {versions()['vos']}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version and exit.")
    ] = False,
) -> None: ...
