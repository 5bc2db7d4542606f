"""Options that name a data set and a part of it."""

import os
from pathlib import Path
from typing import Annotated

import typer

from vos.errors import InputError

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="davis2016, davis2017, youtubevos2018, youtubevos2019, mosev1, mosev2, lvosv1, lvosv2, sav or vost.",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="ROOT", help="Folder that the data set was unpacked into; without it, NAME below $VOS_DATA."
    ),
]
Split = Annotated[str, typer.Option("--split", metavar="val|test|test-dev", help="Part of the data set.")]
Sequences = Annotated[str | None, typer.Option("--sequences", metavar="A,B", help="Only these; the report says so.")]


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
