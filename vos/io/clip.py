"""What a clip is, whether it lies in a video file or in a folder of images."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, Protocol

from vos.io.colour import Colour
from vos.types import Frame


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipInfo:
    """Facts about a whole clip; sizes are those of upright pixels, after rotation."""

    path: Path
    kind: Literal["video", "images"]
    width: int
    height: int
    frame_count: int
    """Pictures in the whole clip."""
    codec: str
    """Codec of a video; format of the first image of a folder. Lower case."""
    pixel_format: str
    colour: Colour | None = None
    """A video's tags; None for images."""
    rate: Fraction | None = None
    """Average pictures a second; None for images."""
    variable_rate: bool = False
    live: bool = False
    """Read as it comes: `frame_count` is 0, its end is not known, and it can be gone through once."""
    rotation: int = 0
    """Degrees clockwise by which stored pixels were turned to stand upright: 0, 90, 180 or 270."""
    mirrored: bool = False
    """Stored pixels were mirrored left to right before they were turned."""
    pixel_aspect: Fraction = Fraction(1)
    """Width of one upright pixel over its height."""
    reader: str = "pyav"
    """What decodes it, as `--reader` names it."""
    reader_note: str = ""
    """Why `auto` took no other reader."""
    gaps: tuple[int, ...] = ()
    """Numbers of a video's frames before which pictures are lost: its times leap there, at a rate that is constant
    elsewhere, or it begins with pictures that cannot be decoded."""
    missing: tuple[str, ...] = ()
    """Numbers that an image folder's names leave out, such as `("12", "15-17")`, of the frames that are read."""


class Clip(Protocol):
    """Frames in order, decoded one at a time. Every `iter()` starts again."""

    info: ClipInfo
    frames: range
    """Numbers of the frames it yields: 0-based positions in the whole clip."""

    def stems(self) -> Sequence[str]:
        """`Frame.stem` of each frame it yields, known before any is decoded."""
        ...

    def __iter__(self) -> Iterator[Frame]:
        """Raises TruncatedError where a picture cannot be decoded: no frame is left out in silence."""
        ...


def frame_stem(index: int) -> str:
    """Stem of files written for a video's frame."""
    return f"{index:05d}"
