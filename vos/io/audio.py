"""The sound of a video, copied packet by packet beside new pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from vos.io.clip import ClipInfo
from vos.io.probe import TAG_ERRORS

_IN_MP4 = frozenset(("aac", "mp3", "mp3float", "mp2", "mp2float", "ac3", "eac3", "opus", "flac", "alac"))
"""Codecs, as FFmpeg names their decoders, that MP4 holds and players know; and PCM, which fewer know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioTracks:
    """The sound of a video file."""

    path: Path
    copied: tuple[int, ...] = ()
    """Indices of the streams that MP4 can hold."""
    left_out: tuple[str, ...] = ()
    """Codecs of the others."""


def find_audio(info: ClipInfo) -> AudioTracks:
    """What sound there is; none for what is no file, and for a file that cannot be opened again."""
    if info.kind == "images" or not info.path.is_file():
        return AudioTracks(path=info.path)
    try:
        with av.open(str(info.path.resolve()), metadata_errors=TAG_ERRORS) as container:
            codecs = {stream.index: stream.codec_context.name for stream in container.streams.audio}
    except (av.FFmpegError, OSError):
        return AudioTracks(path=info.path)
    copied = tuple(index for index, codec in codecs.items() if codec in _IN_MP4 or codec.startswith("pcm_"))
    left_out = tuple(codec for index, codec in codecs.items() if index not in copied)
    return AudioTracks(path=info.path, copied=copied, left_out=left_out)


class AudioCopy:
    """Copies sound into a movie as its pictures are written, with the source's own times."""

    def __init__(self, tracks: AudioTracks) -> None:
        self._tracks = tracks
        self._source = av.open(str(tracks.path.resolve()), metadata_errors=TAG_ERRORS)
        self._copies: dict[int, AudioStream] = {}
        self._packets: Iterator[Packet[AudioStream]] = iter(())
        self._next: Packet[AudioStream] | None = None

    def add_to(self, container: OutputContainer, begin: Fraction | None) -> None:
        """Add the streams. begin: seconds from which sound is wanted; None from its start."""
        streams = [stream for stream in self._source.streams.audio if stream.index in self._tracks.copied]
        self._copies = {stream.index: container.add_stream_from_template(stream) for stream in streams}
        if begin is not None:
            self._source.seek(int(begin * av.time_base), backward=True)
        self._packets = self._read(streams, begin)
        self._next = next(self._packets, None)

    def copy(self, container: OutputContainer, end: Fraction | None = None) -> None:
        """Copy what begins before `end` seconds and was not copied yet; all that is left if None."""
        while self._next is not None and (end is None or _start(self._next) < end):
            self._next.stream = self._copies[self._next.stream.index]
            container.mux(self._next)
            self._next = next(self._packets, None)

    def close(self) -> None:
        self._packets = iter(())
        self._source.close()

    def _read(self, streams: list[AudioStream], begin: Fraction | None) -> Iterator["Packet[AudioStream]"]:
        try:
            for packet in self._source.demux(streams):
                if packet.size and packet.pts is not None and (begin is None or _start(packet) >= begin):
                    yield cast("Packet[AudioStream]", packet)
        except av.FFmpegError:
            return  # the file is damaged here: its pictures break off too, which is told of


def _start(packet: "Packet[Any]") -> Fraction:
    return (packet.pts or 0) * packet.time_base
