"""From what is asked for to files and the sinks that write them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from vos.exports.settings import OVERLAY, SEQUENCES, ExportSettings
from vos.exports.sink import ALL, MatteSink
from vos.io import Clip, OverlayWriter, write_soft_mask
from vos.io.mattes import MatteWriter, SequenceWriter, write_rgba
from vos.io.timestamps import TimestampsWriter
from vos.types import Frame, Image, Plane, Sink

OVERLAY_FILE = "overlay.mp4"
TIMESTAMPS_FILE = "timestamps.csv"
_LEAST_DIGITS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Exports:
    """The exports of one clip. All paths are relative to the run's folder."""

    settings: ExportSettings
    clip: Clip
    labels: Mapping[int, str]
    """Object id → name of its folder, of every object that the run tracks."""

    def outputs(self) -> list[str]:
        """Every file that may be written."""
        found = [OVERLAY_FILE] * (OVERLAY in self.settings.kinds) + [TIMESTAMPS_FILE] * self._has_timestamps
        for kind, _, folder in self._mattes():
            found += [f"{folder}/{name}" for name in self._file_names(kind)]
        return found

    def sinks(self, out: Path) -> list[Sink]:
        """The sinks that write them into the run's folder, `out`."""
        sinks: list[Sink] = []
        if OVERLAY in self.settings.kinds:
            sinks.append(OverlayWriter(out / OVERLAY_FILE, self.clip.info))
        if self._has_timestamps:
            sinks.append(TimestampsWriter(out / TIMESTAMPS_FILE, self._stem))
        writers: dict[int, list[MatteWriter]] = {}
        for kind, identity, folder in self._mattes():
            writers.setdefault(identity, []).append(self._writer(kind, out / folder))
        return [*sinks, MatteSink(writers)] if writers else sinks

    @property
    def _has_timestamps(self) -> bool:
        return self.clip.info.kind != "images" and bool(set(self.settings.kinds) & set(SEQUENCES))

    def _mattes(self) -> Iterator[tuple[str, int, str]]:
        """(kind, object id or ALL, folder) of each matte."""
        for kind in self.settings.kinds:
            if kind == OVERLAY:
                continue
            if self.settings.per_object:
                yield from ((kind, identity, f"{kind}/{label}") for identity, label in self.labels.items())
            else:
                yield kind, ALL, kind

    def _file_names(self, kind: str) -> list[str]:
        return [
            f"{self._named(index, stem)}.{SEQUENCES[kind]}"
            for index, stem in zip(self.clip.frames, self.clip.stems(), strict=True)
        ]

    def _writer(self, kind: str, folder: Path) -> MatteWriter:
        ending = SEQUENCES[kind]
        return SequenceWriter(folder, lambda frame: f"{self._stem(frame)}.{ending}", self._save(kind))

    def _save(self, kind: str) -> Callable[[Path, Image, Plane], None]:
        if kind == "rgba":
            return partial(write_rgba, convention=self.settings.alpha or "straight")
        bits: Literal[8, 16] = 16 if kind == "soft16" else 8
        return lambda path, _, alpha: write_soft_mask(path, alpha, bits)

    def _stem(self, frame: Frame) -> str:
        return self._named(frame.index, frame.stem)

    def _named(self, index: int, stem: str) -> str:
        """The name of a frame's files, without ending."""
        first, frames = self.settings.start_number, self.clip.frames
        if first is None:
            return stem
        digits = max(_LEAST_DIGITS, len(str(first + len(frames) - 1)))
        return f"{first + index - frames.start:0{digits}d}"
