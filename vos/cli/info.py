"""`vos info`: what a clip or a mask is."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vos.errors import InputError

if TYPE_CHECKING:
    from vos.io import ClipInfo
    from vos.types import LabelMap

_EXAMPLE = "Example: vos info clip.mp4"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("info", epilog=_EXAMPLE)(info_command)


def info_command(
    path: Annotated[Path, typer.Argument(metavar="CLIP|MASK", help="A video file, a folder of images, or a mask.")],
) -> None:
    """Print size, frames, rate and rotation of a clip, or size and ids of a mask."""
    from vos.io import open_clip, read_mask
    from vos.io.images import is_image_file

    if not path.is_dir() and (is_image_file(path) or not path.exists()):
        clip = open_clip(path)
        try:
            facts = mask_facts(read_mask(path, empty_ok=True))
        except InputError as reason:
            facts = clip_facts(clip.info) | {"mask": f"no ({reason})"}
    else:
        facts = clip_facts(open_clip(path).info)
    width = max(map(len, facts))
    for name, value in {"path": str(path), **facts}.items():
        typer.echo(f"{name:<{width}}  {value}")


def clip_facts(info: "ClipInfo") -> dict[str, str]:
    """What there is to say of a clip, by name."""
    facts = {
        "kind": f"{info.kind} ({info.codec}, {info.pixel_format})",
        "size": f"{info.width}x{info.height} (width x height)",
        "frames": str(info.frame_count),
        "rate": "none: a folder of images has no times" if info.rate is None else _rate(info.rate, info.variable_rate),
        "rotation": f"{info.rotation} degrees clockwise{', mirrored' if info.mirrored else ''}",
    }
    if info.colour is not None:
        facts["colour"] = info.colour.describe(info.width, info.height)
    if info.missing:
        facts["missing numbers"] = ", ".join(info.missing)
    if info.gaps:
        facts["pictures lost"] = f"before frames {', '.join(map(str, info.gaps))}"
    if info.pixel_aspect != 1:
        facts["pixel aspect"] = str(info.pixel_aspect)
    return facts


def mask_facts(ids: "LabelMap") -> dict[str, str]:
    """What there is to say of a mask, by name."""
    from vos.io import object_ids
    from vos.types import VOID

    objects = [f"{object_id} ({int((ids == object_id).sum())} pixels)" for object_id in object_ids(ids)]
    void = int((ids == VOID).sum())
    facts = {
        "kind": "mask",
        "size": f"{ids.shape[1]}x{ids.shape[0]} (width x height)",
        "ids": ", ".join(objects) or "none: the mask is empty",
    }
    return facts | ({"void": f"{void} pixels"} if void else {})


def _rate(rate: Fraction, variable: bool) -> str:
    exact = "" if rate.denominator == 1 else f" ({rate})"
    return f"{float(rate):.6g} frames/s{exact}{', on average: the rate varies' if variable else ''}"
