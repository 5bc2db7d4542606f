"""`vos train pack`: the part of the training data that goes with a run to another machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vos.errors import InputError

if TYPE_CHECKING:
    from seggpt_core.training.data.pack import Packed

SHARD = "pack.tar"
CONFIG = "config.yaml"


def pack_command(
    config: Annotated[Path, typer.Option(help="A YAML file as in configs/training.")],
    data: Annotated[Path, typer.Option(envvar="VOS_TRAIN_DATA", help="The folder the config's data lies in.")],
    out: Annotated[Path, typer.Option(help="A new folder; gets pack.tar and config.yaml.")],
    max_mb: Annotated[float, typer.Option(help="Size of the shard, in millions of bytes.")] = 40,
) -> None:
    """Select training data that fits into so many megabytes, and write a config that trains on it."""
    import yaml

    from seggpt_core.training.data.pack import pack
    from seggpt_core.training.data.shards import Library
    from vos.cli.train import read_config
    from vos.io.atomic import replacing
    from vos.settings import read_yaml

    settings = read_config(config)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: is there already; --out must be a new folder, or an empty one")
    packed = pack(Library.open([data / name for name in settings.data]), out / SHARD, max_mb)
    with replacing(out / CONFIG) as temporary:
        values = {**read_yaml(config), "data": [SHARD]}
        temporary.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    for line in table(packed):
        typer.echo(line)
    size = (out / SHARD).stat().st_size
    typer.echo(f"{out / SHARD}: {size / 1e6:.1f} MB; vos train --config {out / CONFIG} --data {out} --out DIR")


def table(packed: list["Packed"]) -> list[str]:
    """One line a set: items taken, items there, megabytes."""
    width = max(len(one.set_name) for one in packed)
    return [f"{one.set_name:{width}}  {one.taken:5} of {one.there:5}  {one.bytes / 1e6:6.2f} MB" for one in packed]
