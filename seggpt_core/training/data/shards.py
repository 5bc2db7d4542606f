"""A library of training data, read from tar shards as they lie and from folders of images and masks."""

import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Generic, Protocol, TypeVar

import numpy as np

from seggpt_core.errors import InputError
from seggpt_core.training.data.items import Background, Blob, Clip, Cutout, CutoutSequence, LabelledImage
from seggpt_core.training.data.sets import SETS, USER_SET, SetSpec

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")

Item = TypeVar("Item")


class Named(Protocol):
    """An item of a set."""

    @property
    def set_name(self) -> str: ...

    @property
    def name(self) -> str: ...


NamedItem = TypeVar("NamedItem", bound=Named)


@dataclass(frozen=True)
class Pool(Generic[Item]):
    """Items to draw from: a set by its weight, then an item of it, all equally likely."""

    groups: tuple[tuple[Item, ...], ...]
    shares: tuple[float, ...]
    """Cumulative share of each group; the last is 1."""

    @classmethod
    def of(cls, weighted: Iterable[tuple[float, Sequence[Item]]]) -> "Pool[Item]":
        """A pool of (weight, items) pairs; those without weight or items are left out."""
        kept = [(weight, tuple(items)) for weight, items in weighted if weight > 0 and items]
        shares = np.cumsum([weight for weight, _ in kept])
        return cls(tuple(items for _, items in kept), tuple((shares / shares[-1]).tolist()) if kept else ())

    def __bool__(self) -> bool:
        return bool(self.groups)

    def draw(self, rng: np.random.Generator) -> Item:
        """One item. The pool must not be empty."""
        number = min(int(np.searchsorted(self.shares, rng.random(), side="right")), len(self.groups) - 1)
        group = self.groups[number]
        return group[int(rng.integers(len(group)))]


Source = LabelledImage | Cutout | CutoutSequence


@dataclass(frozen=True)
class Library:
    """All items of some tar shards and folders, sorted by set and name."""

    labelled: tuple[LabelledImage, ...] = ()
    cutouts: tuple[Cutout, ...] = ()
    sequences: tuple[CutoutSequence, ...] = ()
    backgrounds: tuple[Background, ...] = ()
    clips: tuple[Clip, ...] = ()

    @classmethod
    def open(cls, paths: Sequence[Path]) -> "Library":
        """Index tar shards and folders (`images/` and `masks/` with the same stems).

        Raises InputError for a path that is missing, a tar with a set that is not known or with an
        image that lacks its label map, and a folder without images and masks.
        """
        if not paths:
            raise InputError("no training data was given; name at least one tar shard or folder")
        return _join([_open_one(Path(path)) for path in paths])

    def counts(self) -> dict[str, int]:
        """Items of each set; a clip and a sequence count once."""
        counts: dict[str, int] = {}
        items: list[Named] = [*self.labelled, *self.cutouts, *self.sequences, *self.backgrounds, *self.clips]
        for item in items:
            counts[item.set_name] = counts.get(item.set_name, 0) + 1
        return counts

    @cached_property
    def whole(self) -> Pool[LabelledImage]:
        """Labelled images, as images to be moved as a whole."""
        return Pool.of((items[0].spec.weight, items) for items in _by_set(self.labelled).values())

    @cached_property
    def semantic(self) -> Pool[tuple[LabelledImage, ...]]:
        """Whole sets whose labels are classes."""
        sets = _by_set(self.labelled).values()
        return Pool.of((items[0].spec.weight, (items,)) for items in sets if items[0].spec.semantic)

    @cached_property
    def foregrounds(self) -> Pool[Source]:
        """All that can be pasted: cut-outs, animated cut-outs, and labelled objects to be cut."""
        sources: list[tuple[float, Sequence[Source]]] = []
        sources += ((items[0].spec.cut_weight, items) for items in _by_set(self.labelled).values())
        sources += ((SETS[name].weight, items) for name, items in _by_set(self.cutouts).items())
        sources += ((SETS[name].weight, items) for name, items in _by_set(self.sequences).items())
        return Pool.of(sources)

    @cached_property
    def scenes(self) -> Pool[Background | LabelledImage]:
        """All that can lie behind: backgrounds, and labelled images."""
        sources: list[tuple[float, Sequence[Background | LabelledImage]]] = []
        sources += ((items[0].spec.scene_weight, items) for items in _by_set(self.labelled).values())
        sources += ((SETS[name].weight, items) for name, items in _by_set(self.backgrounds).items())
        return Pool.of(sources)

    @cached_property
    def groups(self) -> Mapping[str, tuple[LabelledImage | Cutout, ...]]:
        """Items of one class or object, keyed `set/group`, in order of their names; at least two each."""
        groups: dict[str, list[LabelledImage | Cutout]] = {}
        members: list[LabelledImage | Cutout] = [*self.labelled, *self.cutouts]
        for item in members:
            if item.group is not None:
                groups.setdefault(f"{item.set_name}/{item.group}", []).append(item)
        return {key: tuple(items) for key, items in groups.items() if len(items) > 1}

    @cached_property
    def group_keys(self) -> Pool[str]:
        """Keys of `groups`; the sets are equally likely."""
        keys: dict[str, list[str]] = {}
        for key in self.groups:
            keys.setdefault(key.split("/")[0], []).append(key)
        return Pool.of((1.0, names) for names in keys.values())


def _join(parts: Sequence[Library]) -> Library:
    return Library(
        labelled=_merge(part.labelled for part in parts),
        cutouts=_merge(part.cutouts for part in parts),
        sequences=_merge(part.sequences for part in parts),
        backgrounds=_merge(part.backgrounds for part in parts),
        clips=_merge(part.clips for part in parts),
    )


def _merge(parts: Iterable[tuple[NamedItem, ...]]) -> tuple[NamedItem, ...]:
    """All items by set and name, so that samples do not depend on the order of the paths."""
    return tuple(sorted((item for part in parts for item in part), key=lambda item: (item.set_name, item.name)))


def _by_set(items: Sequence[NamedItem]) -> dict[str, tuple[NamedItem, ...]]:
    sets: dict[str, list[NamedItem]] = {}
    for item in items:
        sets.setdefault(item.set_name, []).append(item)
    return {name: tuple(members) for name, members in sets.items()}


def _open_one(path: Path) -> Library:
    if path.is_dir():
        return _open_folder(path)
    if path.is_file():
        return _open_tar(path)
    raise InputError(f"no training data at {path}: neither a tar shard nor a folder")


def _open_tar(path: Path) -> Library:
    members = _tar_members(path)
    known = sorted(SETS)
    for set_name in sorted(members):
        if set_name not in SETS:
            raise InputError(f"{path} holds the set {set_name!r}, which is not known; known sets: {', '.join(known)}")
    if not members:
        raise InputError(f"{path} holds no set (files as `set/name.webp`); known sets: {', '.join(known)}")
    return _join([_read_set(name, blobs) for name, blobs in members.items()])


def _tar_members(path: Path) -> dict[str, dict[str, Blob]]:
    """Blobs by set, then by name inside the set (`clip/00000.png`)."""
    sets: dict[str, dict[str, Blob]] = {}
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                parts = PurePosixPath(member.name).parts
                if member.isfile() and len(parts) > 1:
                    blob = Blob(path, member.offset_data, member.size, member.name)
                    sets.setdefault(parts[0], {})["/".join(parts[1:])] = blob
    except tarfile.TarError as error:
        raise InputError(f"{path} is not an uncompressed tar shard: {error}") from error
    return sets


def _read_set(set_name: str, blobs: Mapping[str, Blob]) -> Library:
    spec = SETS[set_name]
    images = {name.removesuffix(".webp"): blob for name, blob in sorted(blobs.items()) if name.endswith(".webp")}
    if spec.kind == "background":
        return Library(backgrounds=tuple(Background(set_name, name, blob) for name, blob in images.items()))
    if spec.kind == "cutout":
        return Library(cutouts=tuple(Cutout(set_name, name, _group(spec, name), blob) for name, blob in images.items()))
    if spec.kind == "sequence":
        return Library(
            sequences=tuple(
                CutoutSequence(set_name, name, tuple(images[f"{name}/{number}"] for number in numbers))
                for name, numbers in _sequences(images).items()
            )
        )
    labelled = tuple(_labelled(set_name, spec, name, blob, blobs) for name, blob in images.items())
    if spec.kind == "labelled":
        return Library(labelled=labelled)
    clips: dict[str, list[LabelledImage]] = {}
    for item in labelled:
        clips.setdefault(item.name.rpartition("/")[0], []).append(item)
    return Library(clips=tuple(Clip(set_name, name, tuple(frames)) for name, frames in clips.items()))


def _labelled(set_name: str, spec: SetSpec, name: str, image: Blob, blobs: Mapping[str, Blob]) -> LabelledImage:
    labels = blobs.get(f"{name}.png")
    if labels is None:
        raise InputError(f"{image.name} in {image.path} has no label map {name}.png beside it")
    return LabelledImage(set_name, name, _group(spec, name), image, labels, spec)


def _sequences(images: Mapping[str, Blob]) -> dict[str, list[int]]:
    """Frame numbers of each sequence in order, from names as `sequence/number`."""
    numbers: dict[str, list[int]] = {}
    for name in images:
        sequence, _, number = name.rpartition("/")
        if not number.isdecimal():
            raise InputError(f"{images[name].name} in {images[name].path}: frames are named `sequence/number.webp`")
        numbers.setdefault(sequence, []).append(int(number))
    return {sequence: sorted(found) for sequence, found in numbers.items()}


def _group(spec: SetSpec, name: str) -> str | None:
    if spec.group == "class":
        return name.partition("__")[0]
    if spec.group == "view":
        return name.rsplit("-", 2)[0]
    return None


def _open_folder(path: Path) -> Library:
    """`images/*.jpg|png|webp` with `masks/*.png` of the same stems, as one labelled set."""
    images, masks = path / "images", path / "masks"
    if not images.is_dir() or not masks.is_dir():
        raise InputError(f"{path} must hold the folders images/ and masks/ (masks as PNG, with the images' stems)")
    files = sorted(file for file in images.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise InputError(f"{images} holds no image; images are {', '.join(IMAGE_SUFFIXES)}")
    items = []
    for file in files:
        mask = masks / f"{file.stem}.png"
        if not mask.is_file():
            raise InputError(f"{file} has no mask; {mask} is missing")
        items.append(LabelledImage(str(path), file.stem, None, _file_blob(file), _file_blob(mask), USER_SET))
    return Library(labelled=tuple(items))


def _file_blob(path: Path) -> Blob:
    return Blob(path, 0, path.stat().st_size, path.name)
