"""What a clip's times and its header tell of pictures that are lost.

FFmpeg passes over damaged parts of Matroska, WebM and transport streams without a word: only times and headers show it.
"""

from fractions import Fraction

import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.stream import VideoStream

Times = npt.NDArray[np.int64]
"""(n,) int64, ascending: when each picture is shown, in the stream's time base."""

_RATE_ERROR = Fraction(1, 20)
_JITTER = Fraction(3, 2000)  # containers that count in milliseconds shift a constant rate by up to one
_LEAP = Fraction(3, 2)
"""Steps: with more than this between two pictures, one is missing between them."""
_MOST_LEAPS = 3
"""A clip whose time leaps more often, and more than once in 100 steps, is one of a variable rate."""
_SHORT = Fraction(3, 4)
"""Steps by which the pictures of a whole file may end before the end that it declares; one that is lost makes 1."""
_PASSED_OVER = ("matroska,webm", "mpegts")
"""Containers of which FFmpeg passes over what is damaged. Of MP4 it reads what the index names, and cameras that leave
pictures out write MP4."""
_MATROSKA = "matroska,webm"


def nominal_rate(announced: Fraction | None, measured: Fraction | None) -> Fraction | None:
    """The rate that the header tells, which is exact, unless it is wrong."""
    return measured if announced and measured and not _close(announced, measured) else announced or measured


def measured_rate(times: Times, time_base: Fraction) -> tuple[Fraction | None, bool]:
    """Average pictures a second, and whether their distances vary."""
    if len(times) < 2:
        return None, False
    uneven = _uneven(times, time_base)[1]
    return Fraction(len(uneven)) / (int(times[-1] - times[0]) * time_base), bool(uneven.any())


def leaps(times: Times, time_base: Fraction, announced: Fraction | None, container: InputContainer) -> tuple[int, ...]:
    """Numbers of the pictures before which others are lost: where time leaps in a clip of constant rate.

    announced: the rate that the header tells. Nothing is told of a clip of variable rate, and of containers of which
    nothing is passed over.
    """
    if container.format.name not in _PASSED_OVER or len(times) < 3:
        return ()
    step, uneven = _uneven(times, time_base)
    found = np.flatnonzero(np.diff(times) > float(_LEAP * step))
    constant = announced is not None and _close(announced, 1 / (step * time_base)) and len(found) == uneven.sum()
    if not constant or len(found) > max(_MOST_LEAPS, len(uneven) // 100):
        return ()
    return tuple((found + 1).tolist())


def ends_early(times: Times, time_base: Fraction, container: InputContainer, stream: VideoStream) -> str:
    """In words, by how much the pictures end before the header says; "" where they do not, or it cannot be told.

    Matroska tells how long its longest stream lasts, and FFmpeg writes a tag with the duration of each; both count
    from time 0. Transport streams tell nothing, and of MP4 the number of pictures is compared.
    """
    declared, announced = _declared_end(container, stream), stream.average_rate
    if declared is None or not announced or not len(times):
        return ""
    usual = 1 / (announced * time_base)
    step, uneven = _uneven(times, time_base) if len(times) > 2 else (usual, np.zeros(0, np.bool_))
    end = (int(times[-1]) + step) * time_base
    # At a variable rate, the last picture may be meant to stay.
    varies = len(uneven) > 0 and bool((np.diff(times)[uneven] <= float(_LEAP * step)).any())
    if varies or declared - end < _SHORT * step * time_base:
        return ""
    return f"its pictures end at {float(end):.2f} s, and its header says {float(declared):.2f} s"


def _declared_end(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """Seconds after time 0 at which the header says that the pictures end; None where it does not say."""
    if container.format.name != _MATROSKA:
        return None
    own = _seconds(stream.metadata.get("DURATION", ""))
    # Without a duration in the file FFmpeg derives one from the rate of bits, where it knows one.
    is_estimate = bool(stream.codec_context.bit_rate)
    if own is None and len(container.streams) == 1 and container.duration and not is_estimate:
        return Fraction(container.duration, 1_000_000)
    return own


def _uneven(times: Times, time_base: Fraction) -> tuple[Fraction, npt.NDArray[np.bool_]]:
    """The usual step, and which steps are others."""
    steps = np.diff(times)
    step = int(np.median(steps))
    return Fraction(step), np.abs(steps - step) > max(1, int(_JITTER / time_base))


def _close(rate: Fraction, other: Fraction) -> bool:
    return abs(rate / other - 1) <= _RATE_ERROR


def _seconds(text: str) -> Fraction | None:
    """Of a tag such as `00:00:00.960000000`."""
    try:
        hours, minutes, seconds = (Fraction(part) for part in text.split(":"))
    except ValueError:
        return None
    return 3600 * hours + 60 * minutes + seconds
