"""What a run tells while it goes on: lines for people, events for programs."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import typer

from vos.cli.progress import emit, frame_progress

if TYPE_CHECKING:
    from vos.cli.job import Job, OpenedJob
    from vos.run_record import RunRecord


class Teller(Protocol):
    """Told of everything that happens in one run."""

    def begin(self, opened: "OpenedJob") -> AbstractContextManager[Callable[[], None]]:
        """Before the first frame; what it yields is called once a frame."""
        ...

    def note(self, line: str) -> None: ...

    def warn(self, line: str) -> None: ...

    def done(self, job: "Job", record: "RunRecord") -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ForPeople:
    """A bar or lines on standard error, and one line on standard output that sums the run up."""

    quiet: bool

    def begin(self, opened: "OpenedJob") -> AbstractContextManager[Callable[[], None]]:
        return frame_progress(frames_to_track(opened), opened.job.clip.name, quiet=self.quiet)

    def note(self, line: str) -> None:
        if not self.quiet:
            typer.echo(f"vos: {line}", err=True)

    def warn(self, line: str) -> None:
        self.note(f"warning: {line}")

    def done(self, job: "Job", record: "RunRecord") -> None:
        if not self.quiet:
            typer.echo(summary(job, record))


class ForPrograms:
    """Events, see `emit`."""

    def begin(self, opened: "OpenedJob") -> AbstractContextManager[Callable[[], None]]:
        job, frames = opened.job, opened.clip.frames
        objects = {str(one): label for one, label in opened.labels.items()}
        stop = None if opened.clip.info.live else frames.stop
        emit("begin", clip=job.live or job.clip, out=job.out, frames=[frames.start, stop], objects=objects)
        return frame_progress(frames_to_track(opened), job.clip.name, quiet=False, events=True)

    def note(self, line: str) -> None:
        emit("note", message=line)

    def warn(self, line: str) -> None:
        emit("warning", message=line)

    def done(self, job: "Job", record: "RunRecord") -> None:
        emit("done", out=job.out, outputs=record.outputs, timing=record.timing, doubts=record.doubts)


def frames_to_track(opened: "OpenedJob") -> int | None:
    """Steps of a run: a clip that is tracked both ways counts twice."""
    return None if opened.clip.info.live else opened.job.passes * len(opened.clip.frames)


def summary(job: "Job", record: "RunRecord") -> str:
    """`132 frames at 2.31 frames/s (2.40 tracking alone): out/masks, out/overlay.mp4, out/run.json`."""
    timing = record.timing or {}
    results = list(dict.fromkeys(str(job.out / Path(name).parts[0]) for name in record.outputs))
    return (
        f"{timing['frames']} frames at {timing['frames_per_second']:.2f} frames/s "
        f"({timing['tracking_frames_per_second']:.2f} tracking alone): {', '.join(sorted(results))}"
    )
