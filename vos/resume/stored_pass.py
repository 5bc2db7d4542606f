"""One pass through a clip, on disk: which frames are done, and what is needed to go on after them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from vos.errors import WorkError, cannot_write
from vos.jsonl import as_line, read_lines, write_lines
from vos.memory.snapshot import Memory
from vos.resume.journal import Entry, entry, from_json, memory_after, to_json
from vos.resume.spool import Spool
from vos.types import Frame, Segmentation


class StoredPass:
    """Sink, the last of a run: a frame is done when all others have written it.

    `keep` is called in the tracker's thread with each frame segmented, `write` later in the writer's thread.
    """

    def __init__(self, folder: Path, *, everything: bool) -> None:
        """Read what an earlier run left, if anything.

        everything: keep the soft masks of all frames; without it only those of frames that the tracker remembers.
        Raises WorkError for a folder that is damaged.
        """
        self._journal = folder / "journal.jsonl"
        self._everything = everything
        self.spool = Spool(folder / "frames")
        self.finished: Mapping[int, Entry] = _read(self._journal)
        """By frame number, in the order of the pass."""
        self.memory: Memory = memory_after(self.finished, next(reversed(self.finished))) if self.finished else Memory()
        """Of the earlier run's tracker, after the last frame that is done."""
        self._held = self.memory.frames
        self._pending: dict[int, tuple[Memory, frozenset[int]]] = {}
        self._file: TextIO | None = None

    def keep(self, segmentation: Segmentation, memory: Memory) -> None:
        """Keep what a later run needs of a frame. Raises WorkError when it cannot be written.

        memory: of the tracker, after this frame.
        """
        needed = memory.frames
        if self._everything or segmentation.index in needed:
            self.spool.keep(segmentation)
        forgotten = frozenset() if self._everything else self._held - needed
        self._held = needed
        self._pending[segmentation.index] = memory, forgotten

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        """Say that all files of a frame are written. Raises WorkError when that cannot be."""
        if segmentation.stored:
            return
        memory, forgotten = self._pending.pop(segmentation.index, (Memory(), frozenset()))
        try:
            if self._file is None:
                write_lines(self._journal, map(to_json, self.finished.values()))
                self._file = self._journal.open("a", encoding="utf-8")
            self._file.write(as_line(to_json(entry(segmentation.index, segmentation.confidence, memory))))
            self._file.flush()
        except OSError as error:
            raise cannot_write(self._journal, error) from error
        for index in forgotten:
            self.spool.drop(index)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def abort(self) -> None:
        """What is done stays done."""
        self.close()


def _read(journal: Path) -> dict[int, Entry]:
    try:
        return {one.index: one for one in map(from_json, read_lines(journal))}
    except (KeyError, TypeError, ValueError) as error:
        raise WorkError(f"{journal}: is damaged ({error!r}); --overwrite starts again") from error
