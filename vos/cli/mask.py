"""`vos mask`: a first mask for those who have none."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vos.errors import InputError

if TYPE_CHECKING:
    from vos.types import Image, LabelMap

_EXAMPLE = "Example: vos mask clip.mp4 --frame 0 --box 410,120,760,690 --box 30,200,180,420 --out first_frame.png"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("mask", epilog=_EXAMPLE)(mask_command)


def mask_command(
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="A video file, a folder of images, or one image.")],
    out: Annotated[
        Path, typer.Option(metavar="MASK", help="The mask, an indexed PNG; MASK_preview.png beside it shows it.")
    ],
    frame: Annotated[int, typer.Option(metavar="N", help="Number of the frame, from 0.")] = 0,
    box: Annotated[
        list[str] | None,
        typer.Option(metavar="x0,y0,x1,y1", help="Cut an object out of this box (GrabCut). May be repeated."),
    ] = None,
    polygon: Annotated[
        list[str] | None,
        typer.Option(metavar="'x,y x,y …'", help="Fill this outline, as it is given. May be repeated."),
    ] = None,
) -> None:
    """Draw the mask of one frame from boxes and polygons.

    Objects are numbered 1, 2, … in the order given, boxes before polygons; a later one covers an earlier one.
    """
    from vos.io import object_ids, paint_overlay, write_mask, write_picture

    _require_png(out, clip)
    boxes = [parse_box(text) for text in box or []]
    polygons = [parse_polygon(text) for text in polygon or []]
    if not boxes and not polygons:
        raise InputError("no object: give at least one --box x0,y0,x1,y1 or --polygon 'x,y x,y x,y'")
    image = _frame_image(clip, frame)
    ids = draw(image, boxes, polygons)
    preview = out.with_name(f"{out.stem}_preview.png")
    write_mask(out, ids)
    write_picture(preview, paint_overlay(image, ids))
    objects = ", ".join(f"{object_id} ({int((ids == object_id).sum())} pixels)" for object_id in object_ids(ids))
    typer.echo(f"{out}: objects {objects}; look at {preview}")


def draw(image: "Image", boxes: list[tuple[int, int, int, int]], polygons: list[list[tuple[int, int]]]) -> "LabelMap":
    """(H, W) uint8 ids, one object a box and then one a polygon. Raises InputError for one that would be hidden."""
    import numpy as np

    from vos.io.drawing import cut_out, fill_polygon

    height, width = image.shape[:2]
    areas = [cut_out(image, box) for box in boxes]
    areas += [fill_polygon(points, width, height) for points in polygons]
    ids = np.zeros((height, width), np.uint8)
    for object_id, area in enumerate(areas, start=1):
        ids[area] = object_id
    for object_id in range(1, len(areas) + 1):
        if not (ids == object_id).any():
            raise InputError(f"object {object_id} is hidden by later ones; change their order or outlines")
    return ids


def parse_box(text: str) -> tuple[int, int, int, int]:
    """`10,20,30,40` → (x0, y0, x1, y1). Raises InputError for anything but four whole numbers."""
    match = re.fullmatch(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*,\s*(-?\d+)\s*,\s*(-?\d+)\s*", text)
    if match is None:
        raise InputError(f"--box {text}: give x0,y0,x1,y1 in whole pixels, such as 410,120,760,690")
    x0, y0, x1, y1 = (int(part) for part in match.groups())
    return x0, y0, x1, y1


def parse_polygon(text: str) -> list[tuple[int, int]]:
    """`10,20 30,40 50,20` → points (x, y). Raises InputError for anything but pairs of whole numbers."""
    points = [re.fullmatch(r"(-?\d+),(-?\d+)", part) for part in text.split()]
    if not points or None in points:
        raise InputError(f"--polygon '{text}': give x,y pairs in whole pixels, such as '10,20 90,20 50,80'")
    return [(int(point[1]), int(point[2])) for point in points if point is not None]


def _require_png(out: Path, clip: Path) -> None:
    if out.suffix.lower() != ".png":
        raise InputError(f"--out {out}: a mask is a PNG file; give a name that ends in .png")
    if clip.resolve() in (out.resolve(), out.with_name(f"{out.stem}_preview.png").resolve()):
        raise InputError(f"--out {out}: would overwrite the picture itself; give another name")


def _frame_image(clip: Path, number: int) -> "Image":
    from vos.io import open_clip

    return next(iter(open_clip(clip, (number, number + 1)))).image
