"""Where the parts of a split lie below the folder that the user named."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vos.datasets.preset import SplitLayout
from vos.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The parts of a split that were found."""

    images: Path
    """Folder with a folder of frames a sequence."""
    annotations: Path
    """Folder with a folder of masks a sequence."""
    sequences: Path | None
    """File that lists the sequences."""
    meta: Path | None
    """File that describes them."""
    hidden: bool
    """Whether the truth may be missing."""
    notes: tuple[str, ...]
    """What was taken where the benchmark has something better."""


def find_place(name: str, root: Path, layout: SplitLayout) -> Place:
    """The parts of a split below `root`; InputError naming what is missing and where it was looked for."""
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; {name} needs the folder that it was unpacked into")
    folder = _first([root / one for one in layout.folders if (root / one / layout.annotations).is_dir()])
    if folder is None:
        places = _told(f"{one}/{layout.annotations}".removeprefix("./") for one in layout.folders)
        raise InputError(f"{root}: holds no folder {places}; {name} needs the folder that it was unpacked into")
    images = [base / one for one in layout.images for base in (root, folder)]
    found = _first([path for path in images if path.is_dir()])
    if found is None:
        raise InputError(f"{root}: holds no folder {_told(layout.images)}, where the frames of {name} lie")
    return Place(
        images=found,
        annotations=folder / layout.annotations,
        sequences=_file(root, folder, layout.lists),
        meta=_file(root, folder, layout.meta),
        hidden=layout.hidden,
        notes=_notes(found, layout),
    )


def _file(root: Path, folder: Path, names: tuple[str, ...]) -> Path | None:
    """The first of the files that there is, or the first of all, whose absence its reader will tell of."""
    files = [base / name for name in names for base in (folder, root)]
    return _first([file for file in files if file.is_file()]) or _first(files)


def _notes(images: Path, layout: SplitLayout) -> tuple[str, ...]:
    best, taken = layout.images[0], images.as_posix()
    if taken.endswith(best):
        return ()
    other = next(one for one in layout.images if taken.endswith(one))
    return (f"Frames were taken from {other}: there is no {best}.",)


def _first(paths: list[Path]) -> Path | None:
    return paths[0] if paths else None


def _told(places: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(places))
