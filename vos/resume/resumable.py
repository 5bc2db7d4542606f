"""A guided tracker that writes down how it goes on, and goes on where an earlier run was broken off."""

from collections.abc import Callable
from dataclasses import replace

from vos.guided import Guided
from vos.resume.stored_pass import StoredPass
from vos.types import Frame, LabelMap, Segmentation


class Resumable:
    """Segments a clip frame by frame; frames that are done come from disk, all others from the tracker."""

    def __init__(self, guided: Guided, stored: StoredPass, read_ids: Callable[[Frame], LabelMap]) -> None:
        """read_ids: the label map that was written for a frame."""
        self._guided = guided
        self._stored = stored
        self._read_ids = read_ids

    def segment(self, frame: Frame) -> Segmentation:
        """Raises InputError for masks that do not fit the clip."""
        if frame.index in self._stored.finished:
            segmentation = self._read(frame)
            self._guided.recall(self._stored.memory, frame, segmentation)
        else:
            segmentation = self._guided.segment(frame)
            self._stored.keep(segmentation, self._guided.memory)
        return segmentation

    def finish(self) -> None:
        self._guided.finish()

    def _read(self, frame: Frame) -> Segmentation:
        stored = self._stored
        if stored.spool.holds(frame.index):
            return replace(stored.spool.read(frame.index), stored=True)
        confidence = stored.finished[frame.index].confidence
        return Segmentation(index=frame.index, ids=self._read_ids(frame), confidence=confidence, stored=True)
