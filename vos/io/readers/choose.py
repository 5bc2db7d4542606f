"""Which library reads a video file."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vos.errors import InputError
from vos.io.clip import Clip
from vos.io.frame_range import FrameRange
from vos.io.probe import probe
from vos.io.readers.clip import SourceClip
from vos.io.readers.libraries import SOURCES
from vos.io.readers.source import Source, Unfit
from vos.io.video import VideoClip

READERS = ("auto", "pyav", "decord", "torchcodec", "pynvvideocodec", "pyav-cuda", "images")


def open_video(
    path: Path, frames: FrameRange | None, reader: str, device: str, sources: Sequence[Source] = SOURCES
) -> Clip:
    """A video file by the reader of this name; `auto` takes the first that leaves pictures on the tracker's GPU, if
    there is one, else PyAV, and `info.reader_note` says why.

    Raises InputError where the named reader cannot read the file.
    """
    facts = probe(path)
    if reader == "pyav":
        return VideoClip(facts, frames)
    if reader == "auto":
        tried = [source for source in sources if device.startswith("cuda") and "cuda" in source.devices]
        notes = [] if tried else ["the tracker runs on the CPU"]
        for source in tried:
            try:
                return _noted(SourceClip(facts, frames, source, device), notes)
            except Unfit as reason:
                notes.append(f"{source.name}: {reason}")
        return _noted(VideoClip(facts, frames), notes)
    (source,) = (one for one in sources if one.name == reader)
    where = device if device.partition(":")[0] in source.devices else min(source.devices)
    try:
        return SourceClip(facts, frames, source, where)
    except Unfit as reason:
        raise InputError(f"--reader {reader}: cannot read {path}: {reason}") from reason


def _noted(clip: VideoClip | SourceClip, notes: Sequence[str]) -> Clip:
    clip.info = replace(clip.info, reader_note="; ".join(notes))
    return clip
