"""A mask in any of the forms that people have, as one label map."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from vos.errors import InputError
from vos.io import find_images, read_mask, require_size
from vos.io.masks import open_mask
from vos.prompts.given import require_object_name
from vos.prompts.json_file import read_json_prompt
from vos.prompts.prompt import FramePrompt, ObjectArea, joined
from vos.types import Image, LabelMap

_WITH_ALPHA = ("RGBA", "LA", "PA")
_OPAQUE = 128
"""Alpha from which a pixel of a cut-out belongs to the object."""


def read_prompt(
    path: Path, *, size: tuple[int, int], clip: Path, stem: str, picture: Callable[[], Image], resize: bool = False
) -> FramePrompt:
    """What `path` says of the frame called `stem`, of `size` (height, width), of `clip`.

    - An indexed or grey image: ids 1..254 as they are, 255 is void; black and white is object 1 (`read_mask`).
    - An image with transparency: what is opaque is object 1.
    - A folder: one such image an object, black and white or with transparency, numbered in natural order and called
      as their files are.
    - JSON: see `read_json_prompt`; `picture` gives the frame that boxes are cut out of.

    resize: take images of another size and resize them without mixing ids; else they are an InputError, as is
    everything that cannot be read.
    """
    if path.suffix.lower() == ".json":
        return read_json_prompt(path, size, stem, picture)
    if path.is_dir():
        return _folder(path, size, clip, resize=resize)
    return FramePrompt(ids=_sized(_ids(path), path, size, clip, resize=resize))


def _folder(folder: Path, size: tuple[int, int], clip: Path, *, resize: bool) -> FramePrompt:
    objects = []
    for file in find_images([folder]):
        ids = _sized(_ids(file), file, size, clip, resize=resize)
        if ids.max() > 1:
            raise InputError(f"{file}: holds ids; in a folder of masks each image is one object, black and white")
        objects.append(ObjectArea(id=None, name=require_object_name(file.stem, str(file)), area=ids > 0))
    try:
        return joined(objects)
    except InputError as error:
        raise InputError(f"{folder}: {error}") from error


def _ids(path: Path) -> LabelMap:
    picture = open_mask(path)
    if picture.mode not in _WITH_ALPHA:
        return read_mask(path)
    alpha = np.asarray(picture.convert("RGBA"))[..., 3]
    if alpha.min() >= _OPAQUE:
        return read_mask(path)
    ids = (alpha >= _OPAQUE).astype(np.uint8)
    if not ids.any():
        raise InputError(f"{path}: no pixel is opaque; the object is what can be seen")
    return ids


def _sized(ids: LabelMap, path: Path, size: tuple[int, int], clip: Path, *, resize: bool) -> LabelMap:
    height, width = size
    if not resize:
        require_size(ids, path, width=width, height=height, clip=clip)
        return ids
    resized = cv2.resize(ids, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    lost = sorted(set(np.unique(ids).tolist()) - set(np.unique(resized).tolist()) - {0})
    if lost:
        raise InputError(f"{path}: object {', '.join(map(str, lost))} vanishes when resized to {width}x{height}")
    return resized.astype(np.uint8)
