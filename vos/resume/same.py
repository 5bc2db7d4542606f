"""Whether a run that goes on is the run that was broken off."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vos.errors import InputError
from vos.run_record import RunRecord

_DECISIVE = ("clip", "frames", "masks", "objects", "settings", "direction", "exports", "model", "versions")
"""What decides a run's output. Where masks lie does not, their content does; nor does the clip's folder."""


def require_same(out: Path, earlier: Mapping[str, Any], record: RunRecord) -> None:
    """Raises InputError, which names the first thing that differs, unless both would give equal output.

    earlier: what `out`/run.json says.
    """
    now = json.loads(json.dumps(dataclasses.asdict(record), default=str))
    for name in _DECISIVE:
        for where, old, new in _differences(name, earlier.get(name), now[name]):
            raise InputError(
                f"{out}: --resume goes on with the run that was broken off, but its {where} was {old!r} and is now "
                f"{new!r}; give the same options, or another --out, or --overwrite to start again"
            )


def _differences(where: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _differences(f"{where}.{key}", old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differences(f"{where}[{number}]", one, other)
    elif old != new and not _is_moved(where, old, new):
        yield where, old, new


def _is_moved(where: str, old: Any, new: Any) -> bool:
    """Whether these are paths of what other facts tell apart: a mask by its hash, a clip by its name and size too."""
    if where == "clip.path":
        return Path(str(old)).name == Path(str(new)).name
    return where.startswith("masks") and where.endswith(".path")
