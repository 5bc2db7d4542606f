"""The objects of one frame out of a COCO file, which may hold those of a whole clip."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vos.errors import InputError
from vos.types import VOID

_Annotation = Mapping[str, Any]


def is_coco(content: Mapping[str, Any]) -> bool:
    """Whether annotations say which image or category is theirs; a plain list of objects does not."""
    annotations = content.get("annotations")
    if "objects" in content or not isinstance(annotations, list):
        return False
    return any(isinstance(one, Mapping) and ("image_id" in one or "category_id" in one) for one in annotations)


def coco_objects(content: Mapping[str, Any], stem: str) -> list[dict[str, Any]]:
    """The annotations of one frame, each with the `id` and the `name` of its object in the place of its own.

    stem: the frame's. Of several images the one is taken whose file name has this stem, as `CocoWriter` names it; a
    single image is taken whatever its name. Where no image has two annotations of a category, and categories are
    1..254, a category is an object, as in files of `CocoWriter`. Else objects are numbered 1, 2, … as they come. They
    are called as their category is, with a number where there are several.

    InputError where the image cannot be told, or has no annotation.
    """
    annotations = _mappings(content, "annotations")
    shown = _of_frame(annotations, _mappings(content, "images"), stem)
    names = {_key(one, "id"): one.get("name") for one in _mappings(content, "categories")}
    keys = [_key(one, "category_id") for one in shown]
    if not _is_category_object(annotations):
        called = _counted([names.get(key) for key in keys])
        identities: Sequence[Any] = range(1, len(shown) + 1)
    else:  # an object without a name is exported under its id
        called = [None if names.get(key) == str(key) else names.get(key) for key in keys]
        identities = keys
    return [
        {**one, "id": identity, "name": one.get("name", name)}
        for one, identity, name in zip(shown, identities, called, strict=True)
    ]


def _of_frame(annotations: Sequence[_Annotation], images: Sequence[_Annotation], stem: str) -> list[_Annotation]:
    known = {_key(one, "id") for one in images} | {_key(one, "image_id") for one in annotations}
    if len(known) == 1:
        return list(annotations)
    if None in known:
        raise InputError(f"holds {len(known) - 1} images; each needs an id, and each annotation an image_id")
    named = [_key(one, "id") for one in images if Path(str(one.get("file_name", ""))).stem == stem]
    if len(named) != 1:
        found = f"{len(named)} of them are" if named else "none of them is"
        raise InputError(
            f"holds {len(known)} images, and {found} called {stem} as the mask's frame is; keep that frame's image and "
            "annotations only"
        )
    shown = [one for one in annotations if one.get("image_id") == named[0]]
    if not shown:
        raise InputError(f"holds no annotation of the image {stem}, the mask's frame")
    return shown


def _is_category_object(annotations: Sequence[_Annotation]) -> bool:
    pairs = [(_key(one, "image_id"), _key(one, "category_id")) for one in annotations]
    are_ids = all(isinstance(category, int) and 0 < category < VOID for _, category in pairs)
    return are_ids and len(set(pairs)) == len(pairs)


def _counted(names: Sequence[str | None]) -> list[str | None]:
    """["dog", "cat", "dog"] → ["dog 1", "cat", "dog 2"]."""
    return [
        name if name is None or names.count(name) == 1 else f"{name} {names[: place + 1].count(name)}"
        for place, name in enumerate(names)
    ]


def _mappings(content: Mapping[str, Any], key: str) -> list[_Annotation]:
    listed = content.get(key, [])
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
        raise InputError(f"its {key} must be a list of objects, as COCO has them")
    return listed


def _key(one: _Annotation, name: str) -> int | str | None:
    key = one.get(name)
    if isinstance(key, bool) or not (key is None or isinstance(key, (int, str))):
        raise InputError(f"{name} is {key!r}; it must be a whole number")
    return key
