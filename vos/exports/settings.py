"""What is asked for, checked."""

from dataclasses import dataclass
from typing import cast, get_args

from vos.errors import InputError
from vos.io.mattes import Alpha

OVERLAY = "overlay"
SEQUENCES = {"soft8": "png", "soft16": "png", "rgba": "png"}
"""Kinds that are one file a frame → their ending."""
COLOURED = ("rgba",)
"""Kinds that hold the picture beside the alpha."""
KINDS = (OVERLAY, *SEQUENCES)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportSettings:
    """What a run writes besides masks. Raises InputError for options that no kind asked for has use for."""

    kinds: tuple[str, ...] = ()
    """Of `KINDS`, each once."""
    per_object: bool = False
    """A matte an object, instead of one of all objects together."""
    alpha: Alpha | None = None
    """None is each format's own convention: straight."""
    start_number: int | None = None
    """Number of the first file of a sequence; None names files as masks are named."""

    def __post_init__(self) -> None:
        if self.alpha is not None and not set(self.kinds) & set(COLOURED):
            raise InputError(f"--alpha {self.alpha}: is for --export {', '.join(COLOURED)}; none of them is asked for")
        if self.start_number is not None and self.start_number < 0:
            raise InputError(f"--start-number {self.start_number}: must be 0 or more")
        if self.start_number is not None and not set(self.kinds) & set(SEQUENCES):
            raise InputError(
                f"--start-number {self.start_number}: is for --export {', '.join(SEQUENCES)}; none of them is asked for"
            )
        if self.per_object and not set(self.kinds) - {OVERLAY}:
            raise InputError("--per-object: is for mattes; give their kinds with --export")


def parse_kinds(text: str | None, *, overlay: bool = False) -> tuple[str, ...]:
    """`soft8,rgba` → ("soft8", "rgba"), each kind once; `overlay` adds that one. InputError names an unknown kind."""
    asked = [part.strip() for part in (text or "").split(",") if part.strip()]
    if text is not None and not asked:
        raise InputError(f"--export {text!r}: names no kind; the kinds are {', '.join(KINDS)}")
    for kind in asked:
        if kind not in KINDS:
            raise InputError(f"--export {text}: no kind {kind!r}; the kinds are {', '.join(KINDS)}")
    return tuple(dict.fromkeys([OVERLAY] * overlay + asked))


def parse_alpha(text: str | None) -> Alpha | None:
    """Raises InputError for what is no convention."""
    if text is not None and text not in get_args(Alpha):
        raise InputError(f"--alpha {text}: must be {' or '.join(get_args(Alpha))}")
    return cast(Alpha | None, text)
