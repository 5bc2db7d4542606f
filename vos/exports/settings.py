"""What is asked for, checked."""

from dataclasses import dataclass, field
from typing import cast, get_args

from vos.errors import InputError
from vos.io.mattes import MOVIE_ENDINGS, Alpha, require_exr
from vos.matte import Edges

OVERLAY, RLE, EXR = "overlay", "rle", "exr"
SEQUENCES = {"soft8": "png", "soft16": "png", "rgba": "png", EXR: "exr"}
"""Kinds that are one file a frame → their ending."""
MATTES = (*SEQUENCES, *MOVIE_ENDINGS)
"""Kinds that hold a matte."""
COLOURED = ("rgba", EXR, *MOVIE_ENDINGS)
"""Kinds that hold the picture beside the matte."""
KINDS = (OVERLAY, *MATTES, RLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportSettings:
    """What a run writes besides masks.

    Raises InputError for options that no kind asked for has use for, and for a kind whose library is not installed.
    """

    kinds: tuple[str, ...] = ()
    """Of `KINDS`, each once."""
    per_object: bool = False
    """A file an object, instead of one of all objects together."""
    alpha: Alpha | None = None
    """None is each format's own convention, see `convention`."""
    start_number: int | None = None
    """Number of the first file of a sequence; None names files as masks are named."""
    edges: Edges = field(default_factory=Edges)
    """How mattes are finished."""

    def __post_init__(self) -> None:
        if EXR in self.kinds:
            require_exr()
        if self.alpha is not None:
            self._require(COLOURED, f"--alpha {self.alpha}")
        if self.start_number is not None:
            self._require(tuple(SEQUENCES), f"--start-number {self.start_number}")
            if self.start_number < 0:
                raise InputError(f"--start-number {self.start_number}: must be 0 or more")
        if self.edges != Edges():
            self._require(MATTES, "--refine, --grow, --shrink, --feather and --despeckle")
        if self.per_object:
            self._require((*MATTES, RLE), "--per-object")

    def convention(self, kind: str) -> Alpha:
        """How a kind's colours relate to its alpha: EXR's are premultiplied unless asked otherwise, others straight."""
        return self.alpha or ("premultiplied" if kind == EXR else "straight")

    def _require(self, kinds: tuple[str, ...], option: str) -> None:
        if not set(self.kinds) & set(kinds):
            raise InputError(f"{option}: for --export {', '.join(kinds)}; none of them is asked for")


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
