"""What a video says of its colours, and what is assumed where it says nothing."""

from dataclasses import dataclass

RGB = 0
BT709 = 1
UNSPECIFIED = 2
SMPTE170M = 6
"""BT.601 for 525 lines."""
BT2020 = 9
_HD_SIDE = 720
_MATRICES = {0: "RGB", 1: "BT.709", 4: "FCC", 5: "BT.601", 6: "BT.601", 7: "SMPTE 240M", 9: "BT.2020"}
_WEIGHTS = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}
_FULL = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Colour:
    """Colour tags: codes of ITU-T H.273, 2 where there is none."""

    matrix: int = UNSPECIFIED
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    range: int = 0
    """As FFmpeg numbers them: 1 limited, 2 full, 0 untagged."""

    @property
    def is_full_range(self) -> bool:
        """Untagged is limited."""
        return self.range == _FULL

    def describe(self, width: int, height: int) -> str:
        """`BT.709, limited range`, with what is assumed for a picture of this size."""
        matrix = assumed_matrix(self.matrix, width, height)
        assumed = " (assumed: it is not tagged)" if matrix != self.matrix else ""
        name = _MATRICES.get(matrix, f"matrix {matrix}")
        return name if matrix == 0 else f"{name}{assumed}, {'full' if self.is_full_range else 'limited'} range"


def assumed_matrix(matrix: int, width: int, height: int) -> int:
    """The tag, or where there is none BT.709 for HD (both sides at least 720) and BT.601 below, as players do.

    FFmpeg itself, and most readers built on it, take BT.601 at every size.
    """
    if matrix != UNSPECIFIED:
        return matrix
    return BT709 if min(width, height) >= _HD_SIDE else SMPTE170M


def luma_weights(matrix: int) -> tuple[float, float]:
    """What red and blue give to luma (ITU-T H.273, table 4). Raises ValueError for a matrix of another kind."""
    if matrix not in _WEIGHTS:
        raise ValueError(f"matrix {_MATRICES.get(matrix, matrix)}: known are BT.709, BT.601, SMPTE 240M and BT.2020")
    return _WEIGHTS[matrix]
