"""What a file's packets tell of its pictures before any is decoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vos.io.pace import leaps
from vos.io.seek import can_seek, entry_times, is_entry

_NO_DISPLAY_TIMES = ("avi",)
"""Containers whose packets carry decoding times only."""
_NOT_CODED = 8
"""Bytes: in AVI, MPEG-4 encoders that pack B-frames fill their places with packets of hardly more than a start code."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PicturePackets:
    """Packets that hold a picture, in the order of the file."""

    pts: list[int | None]
    dts: list[int | None]
    """Of all packets, also those without a picture that is shown."""
    entries: list[bool]
    """Whether decoding may begin with it."""
    last_duration: int
    """Of the picture that is shown last; 0 where it is not known."""
    passed_over: int
    """Packets without a picture that is shown."""
    broken_off: str
    """Why the file cannot be read on behind them; "" at its end."""
    announced: int
    """Packets that the header tells of; 0 where it does not."""
    first: VideoFrame
    """The first picture that can be decoded: packets shown before it belong to pictures that cannot."""
    timed: bool
    """The container has display times."""
    indexed: bool
    """The container has an index of keyframes."""

    @property
    def known_times(self) -> npt.NDArray[np.int64]:
        return _ascending(self.pts)

    @property
    def order(self) -> npt.NDArray[np.int64]:
        """Times that are regular at a constant rate: those of decoding where there are no others."""
        return self.known_times if self.timed else _ascending(self.dts)

    @property
    def times(self) -> npt.NDArray[np.int64] | None:
        times, first = self.known_times, self.first.pts
        in_fields = self.first.interlaced_frame  # one picture may come in two packets
        if not self.timed or in_fields or len(times) != len(self.pts) or first is None or first not in times:
            return None
        return times[times >= first]

    @property
    def entry_times(self) -> npt.NDArray[np.int64]:
        times = self.times
        if times is None:
            return np.empty(0, np.int64)
        found = entry_times([pts for pts in self.pts if pts is not None], self.entries)
        return found[found >= times[0]]

    @property
    def last_packet(self) -> int:
        return self.count - 1 if self.times is None else int(np.searchsorted(self.times, self.pts[-1] or 0))

    @property
    def count(self) -> int:
        return len(self.pts) if self.times is None else len(self.times)

    @property
    def count_is_sure(self) -> bool:
        return self.times is not None or (not self.first.interlaced_frame and (self.indexed or not self.timed))

    @property
    def starts_late(self) -> bool:
        """Pictures before the first cannot be decoded."""
        return self.times is not None and len(self.times) < len(self.pts)

    def lost_before(self, time_base: Fraction, rates: Sequence[Fraction | None]) -> list[int] | None:
        """Numbers of the pictures before which others are lost, see `leaps`; None at a variable rate.

        rates: what the header declares. Where it lists every picture with its decoding time, times that leap in both
        orders are the clip's own.
        """
        found = leaps(self.order, time_base, rates)
        if not found or not self.timed:
            return found
        if self.announced and leaps(_ascending(self.dts), time_base, rates) != []:
            return None
        begin = 0 if self.times is None else int(np.searchsorted(self.order, self.times[0]))
        return [number - begin for number in found if number > begin]


def read_packets(container: InputContainer, stream: VideoStream, first: VideoFrame) -> PicturePackets:
    """Go through the file, as far as it can be read."""
    pts: list[int | None] = []
    dts: list[int | None] = []
    entries: list[bool] = []
    shown: list[tuple[int, int]] = []
    passed_over, broken_off = 0, ""
    codec, indexed = stream.codec_context.name, can_seek(container)
    try:
        for packet in container.demux(stream):
            if not packet.size:
                continue
            dts.append(packet.dts)
            if (time := packet.dts if packet.pts is None else packet.pts) is not None:
                shown.append((time, packet.duration or 0))
            if _holds_picture(packet, codec):
                pts.append(packet.pts)
                entries.append(indexed and is_entry(packet, stream))
            else:
                passed_over += 1
    except av.FFmpegError as error:
        broken_off = f"it cannot be read: {error.strerror}"
    return PicturePackets(
        pts=pts,
        dts=dts,
        entries=entries,
        last_duration=max(shown, default=(0, 0))[1],
        passed_over=passed_over,
        broken_off=broken_off,
        announced=stream.frames,
        first=first,
        timed=container.format.name not in _NO_DISPLAY_TIMES,
        indexed=indexed,
    )


def _holds_picture(packet: "Packet[VideoStream]", codec: str) -> bool:
    if packet.is_discard:
        return False
    if codec == "mpeg4":
        return packet.size > _NOT_CODED
    return codec != "vp8" or bool(bytes(packet)[0] & 0x10)  # RFC 6386, 9.1: show_frame


def _ascending(times: Sequence[int | None]) -> npt.NDArray[np.int64]:
    return np.unique(np.array([time for time in times if time is not None], np.int64))
