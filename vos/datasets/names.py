"""Names of sequences, from whatever names them: none may lead out of its folder."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from vos.errors import InputError
from vos.io import natural_key


def read_list(path: Path) -> list[str]:
    """Sequences that a text file names, each once: a name a line, or a picture and its mask a line.

    InputError if the file cannot be read, names nothing, or a line is neither.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the list of sequences cannot be read ({_reason(error)})") from error
    names = list(dict.fromkeys(_sequence_of(line, path) for line in lines if line.strip()))
    if not names:
        raise InputError(f"{path}: names no sequence")
    return names


def folder_names(folder: Path) -> list[str]:
    """Folders in `folder`, in natural order. InputError if there is none."""
    names = [path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    if not names:
        raise InputError(f"{folder}: holds no folder")
    return sorted(names, key=natural_key)


def read_json(path: Path | None) -> dict[str, Any]:
    """What a JSON file says under `videos`: sequence → its description. InputError for anything else."""
    if path is None:
        raise InputError("the preset names no file that describes the sequences")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: the description of the sequences cannot be read ({_reason(error)})") from error
    videos = content.get("videos") if isinstance(content, dict) else None
    if not isinstance(videos, dict) or not videos:
        raise InputError(f"{path}: names no sequence under 'videos'")
    return {require_name(name, path): video for name, video in videos.items()}


def select(listed: Sequence[str], wanted: Iterable[str] | None, where: Path) -> list[str]:
    """Those of `listed` that are wanted, in their order; None wants all. InputError for one that is not listed."""
    if wanted is None:
        return list(listed)
    chosen = set(wanted)
    unknown = sorted(chosen - set(listed))
    if unknown or not chosen:
        raise InputError(f"sequences {', '.join(unknown) or '(none)'}: {where} lists {', '.join(listed)}")
    return [name for name in listed if name in chosen]


def require_name(name: str, path: Path) -> str:
    """`name`, if it is that of a file or folder and leads nowhere else. InputError naming `path` if not."""
    if name in ("", ".", "..") or name != PurePosixPath(name).name or "\\" in name:
        raise InputError(f"{path}: {name!r} is not a sequence's name")
    return name


def _reason(error: Exception) -> str:
    """What the error says besides the path, which its message would repeat."""
    reason = error.strerror if isinstance(error, OSError) else None
    return reason or str(error)


def _sequence_of(line: str, path: Path) -> str:
    """The sequence that a line is of: its one word, or the folder of the two files that it pairs."""
    words = line.split()
    if len(words) == 1:
        return require_name(words[0], path)
    folders = {PurePosixPath(word).parent.name for word in words}
    if len(words) > 2 or len(folders) > 1:
        raise InputError(f"{path}: {line.strip()!r} is not a sequence's name, nor a picture and a mask of one sequence")
    return require_name(folders.pop(), path)
