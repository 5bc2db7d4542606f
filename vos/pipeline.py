"""Reader, tracker and sinks side by side, streaming: memory does not grow with the clip."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from vos.channel import Channel
from vos.errors import InputError, TruncatedError
from vos.guided import Guided
from vos.settings import load_tracker
from vos.tracker import Tracker, build_tracker
from vos.types import Frame, Image, LabelMap, Segmentation, Sink

_DEPTH = 8
"""Frames that wait between two stages."""
_PATIENCE_S = 5.0
"""After a failure, how long a reader that blocks is waited for; its thread ends with the process."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStats:
    """How a run went."""

    frames: int
    seconds_total: float
    """From the first frame asked for to the last output closed."""
    seconds_tracking: float
    stored: int = 0
    """Of the frames, those that an earlier run had segmented."""
    damaged: Sequence[int] = ()
    """Numbers of frames of which the decoder had to make up some."""

    @property
    def segmented(self) -> int:
        """Frames that this run segmented."""
        return self.frames - self.stored

    @property
    def frames_per_second(self) -> float:
        """Of the whole run, reading and writing included."""
        return self.segmented / self.seconds_total


class Segmenter(Protocol):
    """Says what is what in each frame of one clip, in the order in which they come."""

    def segment(self, frame: Frame) -> Segmentation: ...

    def finish(self) -> None:
        """After the last frame. Raises InputError if something is left that should have come."""
        ...


def run(
    frames: Iterable[Frame],
    masks: Mapping[int, LabelMap],
    tracker: Tracker,
    sinks: Sequence[Sink],
    on_frame: Callable[[Segmentation], None] | None = None,
) -> RunStats:
    """Track a clip and write every frame; frames out = frames in.

    masks: frame number → (H, W) uint8 ids; frames before the first of them are empty. Otherwise as `run_segmenter`.
    """
    return run_segmenter(frames, Guided(tracker, masks), sinks, on_frame)


def run_segmenter(
    frames: Iterable[Frame],
    segmenter: Segmenter,
    sinks: Sequence[Sink],
    on_frame: Callable[[Segmentation], None] | None = None,
) -> RunStats:
    """Segment a clip and write every frame; frames out = frames in.

    Frames are read in one thread and written in another, a few ahead and a few behind; the segmenter and `on_frame`
    run in this one. After success every sink is closed. An error in any of the three stops the others and is raised
    here as it is; what had been segmented is written, unless writing is what failed, and the sinks are aborted. A clip
    that breaks off is the exception: after its first frame its end is taken for the clip's, the sinks are closed, and
    then TruncatedError is raised.

    Ctrl-C is such an error, and waits for the writer as any other does. A second one drops the frames that wait to be
    written, but not the one that is being written: no sink is aborted while the writer uses it.
    """
    began = time.perf_counter()
    broken: TruncatedError | None = None
    tally = _Tally()
    try:
        with _reading(frames) as read, _writing(sinks) as written:
            try:
                for frame in read:
                    segmentation = tally.count(frame, segmenter)
                    if not written.put((frame, segmentation)):
                        break
                    if on_frame is not None:
                        on_frame(segmentation)
                else:
                    segmenter.finish()
            except TruncatedError as error:
                if tally.frames == 0:
                    raise
                broken = error
        for sink in sinks:
            sink.close()
    except BaseException as error:
        _abort(sinks, error)
        raise
    if broken is not None:
        raise broken
    total = time.perf_counter() - began
    return RunStats(
        frames=tally.frames,
        seconds_total=total,
        seconds_tracking=tally.seconds,
        stored=tally.stored,
        damaged=tally.damaged,
    )


@dataclass(slots=True)
class _Tally:
    frames: int = 0
    stored: int = 0
    seconds: float = 0.0
    damaged: list[int] = field(default_factory=list)

    def count(self, frame: Frame, segmenter: Segmenter) -> Segmentation:
        began = time.perf_counter()
        segmentation = segmenter.segment(frame)
        self.frames += 1
        if segmentation.stored:
            self.stored += 1
        else:
            self.seconds += time.perf_counter() - began
        if frame.damaged:
            self.damaged.append(frame.index)
        return segmentation


def propagate(
    frames: Iterable[Image | Frame],
    masks: LabelMap | Mapping[int, LabelMap],
    *,
    tracker: str | Path = "default",
    **overrides: Any,
) -> Iterator[Segmentation]:
    """Segment a clip from the masks of its first frame, one `Segmentation` a frame.

    frames: (H, W, 3) uint8 RGB arrays, numbered from 0, or `Frame`s. masks: (H, W) uint8 ids of the first
    frame (0 background, 1..254 objects, 255 void), or {frame number: ids}, with which objects may appear
    later or be corrected; frames before the first of them are empty. tracker: a preset's name or a YAML file;
    overrides: fields of `TrackerSettings`, such as `memory=0` or `device="cpu"`. Raises InputError for what
    cannot be tracked.
    """
    return _segmented(frames, Guided(build_tracker(load_tracker(tracker, **overrides)), masks))


def _segmented(frames: Iterable[Image | Frame], guided: Guided) -> Iterator[Segmentation]:
    for position, frame in enumerate(frames):
        yield guided.segment(_as_frame(position, frame))
    guided.finish()


def _as_frame(position: int, frame: Image | Frame) -> Frame:
    if isinstance(frame, Frame):
        return frame
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        got = f"{frame.dtype} of shape {frame.shape}" if isinstance(frame, np.ndarray) else type(frame).__name__
        raise InputError(f"frame {position} is {got}: it must be a uint8 array of shape (height, width, 3), RGB")
    return Frame(index=position, image=frame, stem=f"{position:05d}")


@contextmanager
def _reading(frames: Iterable[Frame]) -> Iterator[Channel[Frame]]:
    """Frames, read ahead in a thread of its own; leaving stops it."""
    channel: Channel[Frame] = Channel(_DEPTH)

    def read() -> None:
        try:
            for frame in frames:
                if not channel.put(frame):
                    break
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            channel.close(error)
        else:
            channel.close()

    thread = threading.Thread(target=read, name="vos-reader", daemon=True)
    thread.start()
    try:
        yield channel
    finally:
        channel.cancel()
        thread.join(_PATIENCE_S)


@contextmanager
def _writing(sinks: Sequence[Sink]) -> Iterator[Channel[tuple[Frame, Segmentation]]]:
    """A channel whose items are written in a thread of its own; leaving waits until all are, or raises its error."""
    channel: Channel[tuple[Frame, Segmentation]] = Channel(_DEPTH)
    failures: list[BaseException] = []
    ended = threading.Event()

    def write() -> None:
        try:
            for frame, segmentation in channel:
                for sink in sinks:
                    sink.write(frame, segmentation)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(error)
            channel.cancel()
        finally:
            ended.set()

    thread = threading.Thread(target=write, name="vos-writer", daemon=True)
    thread.start()
    interrupted = False
    try:
        yield channel
    except KeyboardInterrupt:
        interrupted = True
        raise
    finally:
        try:
            _drain(channel, ended, interrupted=interrupted)
        finally:
            thread.join()
    if failures:
        raise failures[0]


def _drain(channel: Channel[tuple[Frame, Segmentation]], ended: threading.Event, *, interrupted: bool) -> None:
    """Close the channel, and wait until its writer has ended, whatever Ctrl-C says meanwhile; it is raised then.

    ended: set by the writer. A thread's own `join` does not do: interrupted, up to Python 3.12 it takes the thread for
    one that has ended. interrupted: whether there was a Ctrl-C before; another one drops what waits.
    """
    first: KeyboardInterrupt | None = None
    again = False
    while not ended.is_set():
        try:
            if again:
                channel.cancel()
            channel.close()
            ended.wait()
        except KeyboardInterrupt as error:
            again = interrupted or first is not None
            first = first or error
    if first is not None:
        raise first


def _abort(sinks: Sequence[Sink], error: BaseException) -> None:
    """Abort every sink; a sink that fails at that is told of beside the error that matters."""
    for sink in sinks:
        try:
            sink.abort()
        except Exception as other:  # noqa: BLE001 - any failure of a sink must let the others abort
            error.add_note(f"{type(sink).__name__} could not be aborted: {other}")
