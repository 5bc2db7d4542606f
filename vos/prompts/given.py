"""Masks and names as the command line tells them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vos.errors import InputError
from vos.types import VOID

_NUMBERED = re.compile(r"(\d+)=(.+)", re.DOTALL)
_MEANT_NUMBERED = re.compile(r"([-+.]?\d[^=/\\]*)=.+", re.DOTALL)
_NAME = re.compile(r"[^\W_][\w .+-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenMask:
    """A mask and the frame that it belongs to."""

    path: Path
    frame: int | None = None
    """0-based number in the whole clip; None is the first frame of those that are taken."""


def parse_given(texts: Sequence[str]) -> tuple[GivenMask, ...]:
    """`a.png` → the first frame's; `120=b.png` → frame 120's. A file that is really called `120=b.png` is itself.

    InputError for what is no file and has seconds, a sign or the like before its `=`.
    """
    given = []
    for text in texts:
        match = None if Path(text).exists() else _NUMBERED.fullmatch(text)
        if match is None and not Path(text).exists() and (meant := _MEANT_NUMBERED.fullmatch(text)):
            raise InputError(
                f"--mask {text}: no such file, and {meant[1]} is no frame: N in N=MASK is a frame's number, 0 or more"
            )
        given.append(
            GivenMask(path=Path(text)) if match is None else GivenMask(frame=int(match[1]), path=Path(match[2]))
        )
    return tuple(given)


def parse_names(text: str | None) -> dict[int, str]:
    """`1=dog,2=cat` → {1: "dog", 2: "cat"}; `dog,cat` numbers them 1, 2. InputError for what is neither."""
    names: dict[int, str] = {}
    parts = [] if text is None else [part.strip() for part in text.split(",")]
    for number, part in enumerate(parts, start=1):
        identity, equals, name = part.rpartition("=")
        if equals and not identity.isdecimal():
            raise InputError(f"--names {text}: {part!r} must be a name, or ID=NAME")
        one = int(identity) if equals else number
        if not 0 < one < VOID or one in names:
            raise InputError(f"--names {text}: object {one} is {'named twice' if one in names else 'no id'}")
        names[one] = require_object_name(name, f"--names {text}")
    if len(set(names.values())) < len(names):
        raise InputError(f"--names {text}: two objects have one name")
    return names


def require_object_name(name: str, where: str) -> str:
    """`name`, if a folder can be called so and none is meant that lies elsewhere."""
    if not _NAME.fullmatch(name):
        raise InputError(f"{where}: {name!r} cannot name an object; take letters, digits, spaces and . _ + -")
    return name
