"""What identifies data, masks and code: hashes over names and bytes."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import seggpt_core
from seggpt_core.files import sha256
from vos.datasets import VideoSequence, mask_files


def truth_sha256(sequence: VideoSequence) -> str:
    """Of all files below the folder of the sequence's true masks. InputError for one that cannot be read."""
    return _of_files(sequence.annotations, sequence.annotations.rglob("*"))


def frames_sha256(sequence: VideoSequence) -> str:
    """Of all files in the folder of the sequence's frames. InputError for one that cannot be read."""
    return _of_files(sequence.images, sequence.images.iterdir())


def masks_sha256(folder: Path, sequence: VideoSequence) -> str | None:
    """Of the masks of every frame in `folder`, the sequence's; None if one is missing."""
    files = [folder / file for file in mask_files(sequence)]
    return _of_files(folder, files) if all(file.is_file() for file in files) else None


def source_sha256() -> str:
    """Of this package's Python files: two runs of one version may still be made by different code."""
    roots = [Path(__file__).parents[1], Path(str(seggpt_core.__file__)).parent]
    return joined({root.name: _of_files(root, root.rglob("*.py")) for root in roots})


def joined(parts: Mapping[str, str]) -> str:
    """One SHA-256 of several, each under its name, in hexadecimal."""
    lines = "".join(f"{name}\0{digest}\n" for name, digest in sorted(parts.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _of_files(root: Path, files: Iterable[Path]) -> str:
    return joined({file.relative_to(root).as_posix(): sha256(file) for file in files if file.is_file()})
