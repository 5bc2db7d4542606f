"""How long a media file says that it is, so that one that was cut short is known for it.

Matroska, WebM, AVI and MP4 write sizes into their headers, and MPEG transport streams have packets of one size (so one
that was cut between two of them looks whole). FFmpeg reads a shorter file to its end without a word.
"""

from pathlib import Path
from typing import BinaryIO

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_BOXES = (b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"udta", b"uuid", b"meta", b"moof", b"sidx")
_SYNC, _TRANSPORT_PACKET = 0x47, 188
_UNKNOWN_RIFF = (0, 0x7FFFFFFF, 0xFFFFFFFF)


def missing_bytes(path: Path) -> int:
    """Bytes by which the file is shorter than its own headers say; 0 where it is whole or says nothing."""
    with path.open("rb") as file:
        start = file.read(12)
        if start[:4] == _EBML:
            declared = _end_of_segment(file)
        elif start[:4] == b"RIFF":
            declared = _end_of_riff(start)
        elif start[4:8] in _BOXES:
            declared = _end_of_boxes(file)
        elif start[:1] == bytes([_SYNC]):
            declared = _end_of_packets(file)
        else:
            declared = 0
        return max(0, declared - file.seek(0, 2))


def _end_of_riff(start: bytes) -> int:
    size = int.from_bytes(start[4:8], "little")
    return 0 if size in _UNKNOWN_RIFF else size + 8


def _end_of_packets(file: BinaryIO) -> int:
    """Transport packets begin with a sync byte (ITU-T H.222.0, 2.4.3.2)."""
    file.seek(_TRANSPORT_PACKET)
    if file.read(1) != bytes([_SYNC]):
        return 0
    return -(-file.seek(0, 2) // _TRANSPORT_PACKET) * _TRANSPORT_PACKET


def _end_of_segment(file: BinaryIO) -> int:
    """Behind the EBML header (RFC 8794, 11.2.3) lies the one element that holds all else (RFC 9559, 5.1)."""
    file.seek(4)
    header = _ebml_size(file)
    if header is None:
        return 0
    file.seek(header, 1)
    if file.read(4) != _SEGMENT:
        return 0
    size = _ebml_size(file)
    return 0 if size is None else file.tell() + size


def _ebml_size(file: BinaryIO) -> int | None:
    """A variable-size integer (RFC 8794, 4); None for an unknown size, as live recordings have it."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    length = 9 - first[0].bit_length()
    bits = 7 * length
    value = int.from_bytes(first + file.read(length - 1), "big") & ((1 << bits) - 1)
    return None if value == (1 << bits) - 1 else value


def _end_of_boxes(file: BinaryIO) -> int:
    """End of the last known box at the top level (ISO/IEC 14496-12, 4.2); bytes behind those are no boxes."""
    end = 0
    while True:
        file.seek(end)
        head = file.read(16)
        if len(head) < 8 or head[4:8] not in _BOXES:
            return end
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size < 8:  # 0: up to the end of the file
            return end
        end += size
