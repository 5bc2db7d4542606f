"""`vos train`: train the compact model from a config; `vos train pack` takes its data along."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vos.cli.train_pack import pack_command
from vos.errors import InputError

if TYPE_CHECKING:
    from seggpt_core.training import log
    from seggpt_core.training.config import TrainingConfig

_EXAMPLE = "Example: vos train --config configs/training/compact.yaml --data /data/train --out runs/compact"
_PACK_EXAMPLE = (
    "Example: vos train pack --config configs/training/compact.yaml --data /data/train --out pack --max-mb 40"
)


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    train = typer.Typer(invoke_without_command=True, epilog=_EXAMPLE)
    train.callback()(train_command)
    train.command("pack", epilog=_PACK_EXAMPLE)(pack_command)
    app.add_typer(train, name="train")


def train_command(
    ctx: typer.Context,
    config: Annotated[Path | None, typer.Option(help="A YAML file as in configs/training.")] = None,
    data: Annotated[
        Path | None, typer.Option(envvar="VOS_TRAIN_DATA", help="The folder the config's data lies in.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Gets state/, log.csv, loss.png and weights.safetensors.")] = None,
    until_step: Annotated[int | None, typer.Option(min=1, help="Stop here; the same command goes on later.")] = None,
    max_minutes: Annotated[
        float | None, typer.Option(help="Stop at the first step after so many minutes; likewise.")
    ] = None,
    state_mb: Annotated[float, typer.Option(help="Largest file of the state, in millions of bytes.")] = 14,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes that make samples ahead; 0: a thread. The samples are the same.")
    ] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads for torch; its own choice by default.")
    ] = None,
) -> None:
    """Train the compact model, or resume where OUT stands."""
    if ctx.invoked_subcommand is not None:
        return
    if config is None or data is None or out is None:
        raise InputError("vos train needs --config, --data and --out")
    import torch

    from seggpt_core.training.loop import Piece, RunFolders, train
    from vos.settings import resolve_device

    settings = read_config(config)
    if threads is not None:
        torch.set_num_threads(threads)
    folders = RunFolders(data=data, out=out)

    def show(entry: "log.Entry", share: float) -> None:
        typer.echo(
            f"step {entry.step}/{settings.steps}  loss {entry.loss:.4f}  rate {entry.learning_rate:.1e}  "
            f"{entry.samples_per_second:.2f} samples/s, {share:.0%} of the matrix ceiling  {entry.hours:.2f} h"
        )

    def going_on(step: int, changed: tuple[str, ...]) -> None:
        typer.echo(f"going on from step {step}" + (f"; changed since: {', '.join(changed)}" if changed else ""))

    piece = Piece(until_step=until_step, max_minutes=max_minutes, state_mb=state_mb, workers=workers)
    train(settings, folders, resolve_device(device), piece=piece, on_entry=show, on_resume=going_on)
    typer.echo(f"weights in {out / 'weights.safetensors'}")


def read_config(path: Path) -> "TrainingConfig":
    """A training config from YAML, whose `model` names a preset of configs/models or a file of its own.

    InputError names the file and the setting that is wrong.
    """
    from seggpt_core.training.config import config_from_mapping
    from vos.settings import preset_path, read_yaml

    values = read_yaml(path)
    if isinstance(values.get("model"), str):
        values["model"] = read_yaml(preset_path("models", values["model"]))
    try:
        return config_from_mapping(values)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
