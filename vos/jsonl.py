"""Lines of JSON that are added one by one: a kill may tear the last one, and no other."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from vos.io.atomic import replacing


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines that are whole, up to the first that is not. None if there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    except FileNotFoundError:
        return
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            return
        if not isinstance(value, dict):
            return
        yield value


def write_lines(path: Path, values: Iterable[dict[str, Any]]) -> None:
    """Write these lines and no others, whole or not at all. WorkError if it cannot be done."""
    with replacing(path) as temporary:
        temporary.write_text("".join(map(as_line, values)), encoding="utf-8")


def as_line(value: dict[str, Any]) -> str:
    """One line, with its end."""
    return json.dumps(value, ensure_ascii=False) + "\n"
