"""Objects as a JSON file tells them: outlines, boxes, and COCO's run lengths."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vos.errors import InputError
from vos.io.coco_rle import decode_rle
from vos.io.drawing import Area, cut_out, fill_polygon
from vos.prompts.coco_file import coco_objects, is_coco
from vos.prompts.given import require_object_name
from vos.prompts.prompt import FramePrompt, ObjectArea, joined
from vos.types import Image

_FORMS = ("box", "polygon", "rle", "bbox", "segmentation")
_LISTS = ("objects", "annotations")


def read_json_prompt(path: Path, size: tuple[int, int], stem: str, picture: Callable[[], Image]) -> FramePrompt:
    """The objects of a JSON file, for a frame of `size` (height, width).

    The file holds one object, a list, or a mapping with such a list under `objects` or `annotations`. Each has one of

        {"box": [x0, y0, x1, y1]}          the object in it is cut out of the picture, as by `vos mask`
        {"polygon": [[x, y], …]}           filled
        {"rle": {"size": …, "counts": …}}  COCO's run lengths
        {"bbox": [x, y, width, height]}    a box as COCO has it
        {"segmentation": …}                COCO's polygons, or its run lengths

    and may have `id` and `name`; else objects are numbered as they come, later ones on top. Of a COCO file of several
    images, those of the frame are taken (`coco_objects`). stem: the frame's. picture: the frame, asked for where
    there is a box. InputError naming the file and the object for anything else.
    """
    objects = _listed(path, stem)
    areas = []
    for number, one in enumerate(objects, start=1):
        try:
            areas.append(_object(one, size, picture))
        except InputError as error:
            raise InputError(f"{path}: object {number} of {len(objects)}: {error}") from error
    try:
        return joined(areas)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _listed(path: Path, stem: str) -> list[Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error})") from error
    if isinstance(content, dict) and is_coco(content):
        try:
            return list(coco_objects(content, stem))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
    if isinstance(content, dict):
        content = next((content[name] for name in _LISTS if name in content), [content])
    if not isinstance(content, list) or not content:
        raise InputError(f"{path}: holds no objects; it must be a list of them, or have one under 'objects'")
    return content


def _object(one: Any, size: tuple[int, int], picture: Callable[[], Image]) -> ObjectArea:
    if not isinstance(one, Mapping):
        raise InputError(f"is {type(one).__name__}; it must have one of {', '.join(_FORMS)}")
    form = next((name for name in ("rle", "segmentation", "polygon", "box", "bbox") if name in one), None)
    if form is None:
        raise InputError(f"has none of {', '.join(_FORMS)}")
    identity, name = one.get("id"), one.get("name")
    if identity is not None and (not isinstance(identity, int) or isinstance(identity, bool)):
        raise InputError(f"its id is {identity!r}; it must be a whole number")
    if name is not None:
        require_object_name(str(name), "its name")
    return ObjectArea(id=identity, name=name, area=_area(form, one[form], size, picture))


def _area(form: str, value: Any, size: tuple[int, int], picture: Callable[[], Image]) -> Area:
    if form == "rle" or (form == "segmentation" and isinstance(value, Mapping)):
        return _decoded(value, size)
    if form == "segmentation":
        return _filled([_pairs(flat) for flat in _rows(value, form)], size)
    if form == "polygon":
        return _filled([[_numbers(point, 2, form) for point in _rows(value, form)]], size)
    x, y, third, fourth = (round(number) for number in _numbers(value, 4, form))
    return cut_out(picture(), (x, y, third, fourth) if form == "box" else (x, y, x + third, y + fourth))


def _decoded(value: Any, size: tuple[int, int]) -> Area:
    area = decode_rle(value)
    if area.shape != size:
        (height, width), (frame_height, frame_width) = area.shape, size
        raise InputError(
            f"is of {width}x{height} pixels, but the clip is {frame_width}x{frame_height} (width x height)"
        )
    return area


def _filled(polygons: list[list[list[float]]], size: tuple[int, int]) -> Area:
    height, width = size
    areas = [fill_polygon([(round(x), round(y)) for x, y in points], width, height) for points in polygons]
    return np.logical_or.reduce(areas)


def _pairs(flat: Any) -> list[list[float]]:
    numbers = _numbers(flat, None, "segmentation")
    if len(numbers) % 2:
        raise InputError(f"segmentation: {len(numbers)} numbers make no pairs of x and y")
    return [numbers[index : index + 2] for index in range(0, len(numbers), 2)]


def _rows(value: Any, form: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise InputError(f"{form} is {value!r}; it must be a list of points, or of outlines")
    return value


def _numbers(value: Any, count: int | None, form: str) -> list[float]:
    numbers = value if isinstance(value, list) else []
    good = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in numbers)
    if not numbers or not good or (count is not None and len(numbers) != count):
        raise InputError(f"{form}: {value!r} must be {count or 'a list of'} numbers")
    return [float(one) for one in numbers]
