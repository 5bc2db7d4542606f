"""Options that several commands share, and what they mean together."""

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vos.errors import InputError

if TYPE_CHECKING:
    from vos.io.frame_range import Bound, FrameRange

_PANEL = "How to track"
_MODEL_PANEL = "Model"

Tracker = Annotated[
    str,
    typer.Option("--tracker", metavar="NAME|FILE", help="Preset, or a YAML file.", rich_help_panel=_PANEL),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="compact (default), compact-davis (non-commercial), seggpt-vit-large, the untrained readout, "
        "or a class of yours, package.module:Class.",
        rich_help_panel=_MODEL_PANEL,
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="PATH",
        help="Weights file instead of the embedded or downloaded one.",
        rich_help_panel=_MODEL_PANEL,
    ),
]
Ensemble = Annotated[
    str | None,
    typer.Option(
        "--ensemble",
        metavar="feature|spatial",
        help="seggpt-vit-large: average several prompts in every block (default), or tile them into one.",
        rich_help_panel=_MODEL_PANEL,
    ),
]
Kind = Annotated[
    str | None,
    typer.Option(
        "--kind",
        metavar="instance|semantic",
        help="seggpt-vit-large: what it is told that it segments; instances by default.",
        rich_help_panel=_MODEL_PANEL,
    ),
]
Precision = Annotated[
    str | None,
    typer.Option(
        "--precision",
        metavar="fp32|bf16|fp16",
        help="compact and seggpt-vit-large: number format; fp32 is exact, the others are for a GPU.",
        rich_help_panel=_MODEL_PANEL,
    ),
]
Compile = Annotated[
    bool | None,
    typer.Option(
        "--compile",
        help="seggpt-vit-large on a GPU: compile its blocks; slow first frames.",
        rich_help_panel=_MODEL_PANEL,
    ),
]
CudaGraphs = Annotated[
    bool | None,
    typer.Option(
        "--cuda-graphs", help="seggpt-vit-large on a GPU: replay frames as CUDA graphs.", rich_help_panel=_MODEL_PANEL
    ),
]
Memory = Annotated[
    int | None,
    typer.Option(
        "--memory",
        metavar="K",
        help="Frames remembered besides the given masks; 0 is the masks alone.",
        rich_help_panel=_PANEL,
    ),
]
Policy = Annotated[
    str | None,
    typer.Option(
        "--policy", metavar="recent|stride|gated", help="Which frames are remembered.", rich_help_panel=_PANEL
    ),
]
Zoom = Annotated[
    float | None,
    typer.Option(
        "--zoom",
        metavar="TIMES",
        help="How many times larger than in the whole frame the model may be shown the objects; 1 shows whole frames.",
        rich_help_panel=_PANEL,
    ),
]
Size = Annotated[
    str | None,
    typer.Option("--size", metavar="HxW", help="Model input in pixels, such as 288x512.", rich_help_panel=_MODEL_PANEL),
]
Device = Annotated[
    str | None, typer.Option("--device", metavar="auto|cpu|cuda", help="Where it runs.", rich_help_panel=_MODEL_PANEL)
]
Frames = Annotated[
    str | None,
    typer.Option(
        "--frames",
        metavar="A:B",
        help="Frames A to B-1, counted from 0 in the whole clip, or those of a time, such as 1.5s:4s. Either side may "
        "be left out.",
    ),
]
Reader = Annotated[
    str,
    typer.Option(
        "--reader",
        metavar="NAME",
        help="What decodes the clip: auto, pyav, decord, torchcodec, pynvvideocodec, pyav-cuda or images. auto leaves "
        "frames on the GPU where the tracker runs on one and a library for that is installed.",
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace the run in DIR: delete the files that it wrote, no others.")
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on with the run in DIR that was broken off; begin it where there is none."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


TRACKING = (
    *("model", "weights", "memory", "policy", "zoom", "size", "device", "ensemble", "kind", "precision", "compile"),
    "cuda_graphs",
)
"""Names of the options that override a preset's fields."""


def parse_frames(text: str | None) -> "FrameRange | None":
    """`10:20` → (10, 20), the half-open range 10..19; `1.5s:` → (Fraction(3, 2), None), from then to the end.

    Raises InputError for anything else.
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d+|\d+(?:\.\d*)?s|):(\d+|\d+(?:\.\d*)?s|)", text.strip())
    start, stop = (None, None) if match is None else (_bound(match[1]), _bound(match[2]))
    backward = type(start) is type(stop) and start is not None and stop is not None and start >= stop
    if match is None or (start is None and stop is None) or backward:
        raise InputError(
            f"--frames {text}: give A:B with 0 <= A < B, such as 10:20 for frames 10 to 19, or seconds, such as "
            "1.5s:4s; leave A or B out for the clip's own start or end"
        )
    return start, stop


def _bound(text: str) -> "Bound | None":
    if not text:
        return None
    return Fraction(text[:-1].rstrip(".")) if text.endswith("s") else int(text)
