"""Where decoding may begin inside a video file, and how to get there."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

_INDEXED = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
"""Containers, by FFmpeg's names, that say where their keyframes lie. Others are sought by guessing at bytes."""
_SOUND_FLAGS = frozenset(("mpeg1video", "mpeg2video", "mpeg4", "vp8", "vp9", "av1"))
"""Codecs whose keyframes, as containers flag them, nothing that is shown later refers past."""
_NAL_TYPES = {"h264": (0, 0x1F, range(5, 6)), "hevc": (1, 0x3F, range(16, 22))}
"""How far a unit's first byte is shifted, its mask, and the types that refer to nothing earlier: IDR pictures (H.264,
table 7-1: keyframes of other types may be referred past) and IRAP pictures (H.265, 7.4.2.2)."""
_LENGTH_AT = {"h264": 4, "hevc": 21}
"""Of the byte in the decoder's configuration (ISO/IEC 14496-15) that tells the size of a unit's length."""
_TRIES = 3


def can_seek(container: InputContainer) -> bool:
    """Whether the container has an index of its keyframes."""
    return container.format.name in _INDEXED


def is_entry(packet: "Packet[VideoStream]", stream: VideoStream) -> bool:
    """Whether this packet's picture, and all that are shown after it, can be decoded without anything before it."""
    codec = stream.codec_context.codec
    if not packet.is_keyframe:
        return False
    if codec.canonical_name in _NAL_TYPES:
        return _begins_anew(packet, codec.canonical_name, stream.codec_context.extradata or b"")
    return codec.intra_only or codec.canonical_name in _SOUND_FLAGS


def entry_times(pts: Sequence[int], entries: Sequence[bool]) -> npt.NDArray[np.int64]:
    """(n,) int64, ascending: times of the packets that are entries and behind all that is shown before them.

    pts, entries: of every packet with a picture, in the order of the file.
    """
    times = np.array(pts, np.int64)
    before = np.concatenate([[np.iinfo(np.int64).min], np.maximum.accumulate(times)[:-1]])
    return times[np.array(entries, np.bool_) & (times > before)]


def packets_from(
    container: InputContainer, stream: VideoStream, entries: Sequence[int]
) -> "tuple[int, Iterator[Packet[VideoStream]]]":
    """Time of the entry that was reached, and the packets from there on; no packets where none is reached.

    entries: times, ascending; the last is wanted, and some containers only get to an earlier one. Raises
    av.FFmpegError where the container cannot seek after all.
    """
    for time in entries[: -_TRIES - 1 : -1]:
        container.seek(time, stream=stream)
        packets = container.demux(stream)
        first = next(packets)
        if first.pts is not None and first.pts in entries:
            return first.pts, chain([first], packets)
    return entries[-1], iter(())


def sound_pictures(packets: "Iterator[Packet[VideoStream]]", times: npt.NDArray[np.int64]) -> Iterator[VideoFrame]:
    """The pictures shown at these times, up to the first that is lost, or damaged, or may refer to one that is.

    A picture may refer to one that is shown after it, and lies before it in the file: it is held until that has come.
    packets: from an entry on; times: from its own on, without a gap.
    """
    until: dict[int, int] = {}  # by a picture's time
    held: deque[tuple[int, VideoFrame]] = deque()
    expected, latest = iter(times.tolist()), int(times[0])
    for packet in packets:
        if packet.pts is not None:
            latest = max(latest, packet.pts)
            until[packet.pts] = latest
        for picture in packet.decode():
            if picture.pts is not None and picture.pts < times[0]:
                continue  # shown before the entry, and refers to what lies before it
            if picture.pts is None or picture.pts != next(expected, None) or picture.is_corrupt:
                return
            held.append((until.pop(picture.pts, latest), picture))
            while held and held[0][0] <= picture.pts:
                yield held.popleft()[1]


def _begins_anew(packet: "Packet[VideoStream]", codec: str, configuration: bytes) -> bool:
    shift, mask, types = _NAL_TYPES[codec]
    at = _LENGTH_AT[codec]
    if len(configuration) <= at or configuration[:3] in (b"\0\0\0", b"\0\0\1"):
        return False  # units between start codes, which these containers do not hold
    heads = _first_bytes(memoryview(packet), size=(configuration[at] & 3) + 1)
    return any(head >> shift & mask in types for head in heads)


def _first_bytes(packet: memoryview, size: int) -> Iterator[int]:
    """Of every unit in a packet of units behind their lengths of `size` bytes."""
    at = 0
    while at + size < len(packet):
        yield packet[at + size]
        at += size + int.from_bytes(packet[at : at + size], "big")
