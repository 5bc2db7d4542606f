"""What a clip is, whether it lies in a video file or in a folder of images."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, Protocol

from vos.errors import InputError
from vos.types import Frame


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipInfo:
    """Facts about a whole clip; sizes are those of upright pixels, after rotation."""

    path: Path
    kind: Literal["video", "images"]
    width: int
    height: int
    frame_count: int
    """Pictures in the whole clip. For a video, packets that hold a picture: a decoder that starts inside a
    group of pictures may give fewer."""
    codec: str
    """Codec of a video; format of the first image of a folder. Lower case."""
    pixel_format: str
    rate: Fraction | None = None
    """Average pictures a second; None for images."""
    variable_rate: bool = False
    rotation: int = 0
    """Degrees clockwise by which stored pixels were turned to stand upright: 0, 90, 180 or 270."""
    mirrored: bool = False
    """Stored pixels were mirrored left to right before they were turned."""
    pixel_aspect: Fraction = Fraction(1)
    """Width of one upright pixel over its height."""


class Clip(Protocol):
    """Frames in order, decoded one at a time. Every `iter()` starts again."""

    info: ClipInfo
    frames: range
    """Numbers of the frames it yields: 0-based positions in the whole clip."""

    def stems(self) -> Sequence[str]:
        """`Frame.stem` of each frame it yields, known before any is decoded."""
        ...

    def __iter__(self) -> Iterator[Frame]:
        """Raises WorkError naming the clip and the frame when a picture cannot be decoded."""
        ...


def frame_stem(index: int) -> str:
    """Stem of files written for a video's frame."""
    return f"{index:05d}"


def select_frames(path: Path, count: int, frames: tuple[int, int] | None) -> range:
    """The half-open range A:B of frame numbers, or the whole clip. Raises InputError if it lies outside."""
    if frames is None:
        return range(count)
    start, stop = frames
    if not 0 <= start < stop <= count:
        raise InputError(
            f"{path}: frames {start}:{stop} are outside the clip, which has {count} frames; "
            f"A:B needs 0 <= A < B <= {count}"
        )
    return range(start, stop)
