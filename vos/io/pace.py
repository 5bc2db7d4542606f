"""A clip's pace: its rate, and what its times and its header tell of pictures that are lost.

FFmpeg passes over damaged parts of Matroska and MPEG files without a word; only times and headers show it.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.stream import VideoStream

_RATE_ERROR = Fraction(1, 20)
_JITTER = Fraction(3, 2000)  # containers that count in milliseconds shift a constant rate by up to one
_LEAP = 1.5
"""Steps: more than this between two pictures, and one should lie between them."""
_MOST_LEAPS = (3, 100)
"""A clip in which the time leaps more than 3 times, and more than once in 100 steps, is one of a variable rate."""
_FEW = 4
"""Pictures: of fewer, the times do not show a rate."""
_SHORT = Fraction(3, 4)
"""Steps by which the pictures of a whole file may end before the end that it declares; one that is lost makes 1."""
_MATROSKA, _AVI = "matroska,webm", "avi"


def nominal(announced: Fraction | None, measured: Fraction | None) -> Fraction | None:
    """The rate that the header tells, which is exact, unless it is wrong."""
    if announced and measured and not _close(announced, measured):
        return measured
    return announced or measured


def rate_of(times: npt.NDArray[np.int64], time_base: Fraction) -> tuple[Fraction | None, bool]:
    """Average pictures a second, and whether their distances vary. times: (n,) int64, ascending."""
    if len(times) < 2:
        return None, False
    _, uneven = _uneven(times, time_base)
    return Fraction(len(times) - 1) / (int(times[-1] - times[0]) * time_base), bool(uneven.any())


def leaps(times: npt.NDArray[np.int64], time_base: Fraction, rates: Sequence[Fraction | None]) -> list[int] | None:
    """Positions of the pictures before which others are missing, at a constant rate; None at a variable one.

    times: (n,) int64, ascending. rates: what the header declares; one of them must be that of the times.
    """
    if len(times) < 2:
        return []
    step, uneven = _uneven(times, time_base)
    if not any(rate and _close(rate, 1 / (step * time_base)) for rate in rates):
        return None
    found = np.flatnonzero(uneven & (np.diff(times) > _LEAP * step))
    few, rare = _MOST_LEAPS
    if len(found) < uneven.sum() or len(found) > min(len(uneven) // 3, max(few, len(uneven) // rare)):
        return None
    return (found + 1).tolist()


def declared_end(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """Seconds after time 0 at which the header says that the pictures end; None where it does not say.

    Matroska tells how long the longest of its streams lasts, and FFmpeg writes tags with the duration of each. MP4
    tells a number of pictures instead; transport streams tell nothing.
    """
    if container.format.name == _AVI and stream.duration and stream.time_base:
        return stream.duration * stream.time_base
    if container.format.name != _MATROSKA:
        return None
    own = _seconds(stream.metadata.get("DURATION", ""))
    # Without a duration in the file FFmpeg derives one from the rate of bits, where it knows one.
    is_estimate = bool(stream.codec_context.bit_rate)
    if own is None and len(container.streams) == 1 and container.duration and not is_estimate:
        return Fraction(container.duration, 1_000_000)
    return own


def lost_end(
    times: npt.NDArray[np.int64],
    duration: int,
    time_base: Fraction,
    declared: Fraction | None,
    rates: Sequence[Fraction | None],
) -> str:
    """How much too early pictures of a constant rate end, in words; "" where they do not, or nothing tells.

    times, rates: as for `leaps`. duration: of the last picture, 0 where it is not known. declared: `declared_end`.
    """
    rate = next((rate for rate in rates if rate), None)
    if declared is None or rate is None or not len(times):
        return ""
    if len(times) < _FEW:
        step = round(1 / (rate * time_base))
    elif leaps(times, time_base, rates) is None:
        return ""
    else:
        step = int(np.median(np.diff(times)))
    end = (int(times[-1]) + (duration or step)) * time_base
    if declared - end < _SHORT * step * time_base:
        return ""
    return f"its pictures end at {float(end):.2f} s, and its header says {float(declared):.2f} s"


def _uneven(times: npt.NDArray[np.int64], time_base: Fraction) -> tuple[int, npt.NDArray[np.bool_]]:
    """The usual step, and which steps are others."""
    steps = np.diff(times)
    step = int(np.median(steps))
    return step, np.abs(steps - step) > max(1, int(_JITTER / time_base))


def _close(rate: Fraction, other: Fraction) -> bool:
    return abs(rate / other - 1) <= _RATE_ERROR


def _seconds(text: str) -> Fraction | None:
    """Of a tag such as `00:00:00.960000000`."""
    parts = text.split(":")
    try:
        hours, minutes, seconds = (Fraction(part) for part in parts)
    except ValueError:
        return None
    return 3600 * hours + 60 * minutes + seconds
