"""From what is asked for to files and the sinks that write them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vos.exports.settings import EXR, MATTES, OVERLAY, RLE, SEQUENCES, ExportSettings
from vos.exports.sink import ALL, MatteSink
from vos.io import Clip, CocoWriter, OverlayWriter, mask_name
from vos.io.live import STANDARD_INPUT
from vos.io.mattes import (
    MOVIE_ENDINGS,
    MOVIE_FORMATS,
    MatteWriter,
    MovieWriter,
    SequenceWriter,
    write_exr,
    write_grey,
    write_rgba,
)
from vos.io.timestamps import TimestampsWriter
from vos.types import Frame, Sink

OVERLAY_FILE = "overlay.mp4"
TIMESTAMPS_FILE = "timestamps.csv"
_LEAST_DIGITS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Exports:
    """The exports of one clip. All paths are relative to the run's folder."""

    settings: ExportSettings
    clip: Clip
    labels: Mapping[int, str]
    """Object id → its name, of every object that the run tracks; a folder's name with `per_object`."""

    def outputs(self) -> list[str]:
        """Every file that may be written, but the sequences' of a clip whose end is not known (`outputs_of`)."""
        kinds = self.settings.kinds
        found = [OVERLAY_FILE] * (OVERLAY in kinds) + [TIMESTAMPS_FILE] * self._has_timestamps
        for kind in (kind for kind in kinds if kind not in (OVERLAY, *SEQUENCES)):
            found += [f"{folder}/{self._single_file(kind)}" for _, folder in self._folders(kind)]
        if not self.clip.info.live:
            for index, stem in zip(self.clip.frames, self.clip.stems(), strict=True):
                found += self.outputs_of(index, stem)
        return found

    def outputs_of(self, index: int, stem: str) -> list[str]:
        """The files of one frame alone: those of sequences."""
        sequences = [(kind, ending) for kind, ending in SEQUENCES.items() if kind in self.settings.kinds]
        name = self._named(index, stem)
        return [f"{folder}/{name}.{ending}" for kind, ending in sequences for _, folder in self._folders(kind)]

    def sinks(self, out: Path) -> list[Sink]:
        """The sinks that write them into the run's folder, `out`."""
        sinks: list[Sink] = []
        if OVERLAY in self.settings.kinds:
            sinks.append(OverlayWriter(out / OVERLAY_FILE, self.clip.info))
        if self._has_timestamps:
            sinks.append(TimestampsWriter(out / TIMESTAMPS_FILE, self._stem))
        if RLE in self.settings.kinds:
            sinks += [self._coco(identity, out / folder) for identity, folder in self._folders(RLE)]
        writers: dict[int, list[MatteWriter]] = {}
        for kind in (kind for kind in self.settings.kinds if kind in MATTES):
            for identity, folder in self._folders(kind):
                writers.setdefault(identity, []).append(self._writer(kind, out / folder))
        return [*sinks, MatteSink(writers, self.settings.edges)] if writers else sinks

    @property
    def need_all_mattes(self) -> bool:
        """Whether a run that goes on needs the mattes of frames that are done: movies are made from the start."""
        return not set(self.settings.kinds).isdisjoint(MOVIE_FORMATS)

    @property
    def _has_timestamps(self) -> bool:
        return self.clip.info.kind != "images" and not set(self.settings.kinds).isdisjoint(SEQUENCES)

    def _folders(self, kind: str) -> Iterator[tuple[int, str]]:
        """(object id or ALL, folder) of each matte."""
        if self.settings.per_object:
            yield from ((identity, f"{kind}/{label}") for identity, label in self.labels.items())
        else:
            yield ALL, kind

    def _single_file(self, kind: str) -> str:
        path = self.clip.info.path
        name = "stdin" if str(path) == STANDARD_INPUT else path.stem
        return f"{name}.{'json' if kind == RLE else MOVIE_ENDINGS[kind]}"

    def _coco(self, identity: int, folder: Path) -> CocoWriter:
        names = self.labels if identity == ALL else {identity: self.labels[identity]}
        return CocoWriter(folder / self._single_file(RLE), names, lambda frame: mask_name(frame.stem))

    def _writer(self, kind: str, folder: Path) -> MatteWriter:
        convention = self.settings.convention(kind)
        if kind in MOVIE_FORMATS:
            return MovieWriter(folder / self._single_file(kind), self.clip.info, MOVIE_FORMATS[kind], convention)
        save = {
            "soft8": partial(write_grey, bits=8),
            "soft16": partial(write_grey, bits=16),
            "rgba": partial(write_rgba, convention=convention),
            EXR: partial(write_exr, convention=convention),
        }
        return SequenceWriter(folder, lambda frame: f"{self._stem(frame)}.{SEQUENCES[kind]}", save[kind])

    def _stem(self, frame: Frame) -> str:
        return self._named(frame.index, frame.stem)

    def _named(self, index: int, stem: str) -> str:
        """The name of a frame's files, without ending."""
        first, frames = self.settings.start_number, self.clip.frames
        if first is None:
            return stem
        last = first if self.clip.info.live else first + len(frames) - 1
        digits = max(_LEAST_DIGITS, len(str(last)))
        return f"{first + index - frames.start:0{digits}d}"
