"""How far the work is: bars on a terminal, a line now and then in a log, events for programs."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

_LINE_EVERY_S = 15.0
_EVENT_EVERY_S = 0.25


class Display(AbstractContextManager["Display"], Protocol):
    """Shows several stages, each with a number of steps."""

    def begin(self, description: str, total: int | None) -> int:
        """A new stage; returns its key."""
        ...

    def advance(self, key: int, steps: int) -> None: ...


@contextmanager
def frame_progress(
    total: int | None, description: str, *, quiet: bool, unit: str = "frames", events: bool = False
) -> Iterator[Callable[[], None]]:
    """The callable it yields counts one frame, or other unit. total: None where the end is not known. events: see
    `emit`, in the place of bars and lines."""
    with _display(quiet=quiet, unit=unit, events=events) as display:
        key = display.begin(description, total)
        yield lambda: display.advance(key, 1)


@contextmanager
def stage_progress(*, quiet: bool) -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    """For each stage a callable, begun by its description and number of frames, that counts frames done."""
    with _display(quiet=quiet, unit="frames", events=False) as display:

        def begin(stage: str, frames: int) -> Callable[[int], None]:
            key = display.begin(stage, frames)
            return lambda steps: display.advance(key, steps)

        yield begin


def emit(event: str, **facts: Any) -> None:
    """One line of JSON on standard output, for a program that reads along."""
    typer.echo(json.dumps({"event": event, **facts}, ensure_ascii=False, default=str))


def _display(*, quiet: bool, unit: str, events: bool) -> Display:
    if events:
        return _Sparse(_EVENT_EVERY_S, _emit_progress)
    console = Console(stderr=True)
    if quiet:
        return _Sparse(float("inf"), lambda stage: None)
    if console.is_terminal:
        return _Bars(console, unit)
    return _Sparse(_LINE_EVERY_S, lambda stage: typer.echo(stage.line(unit), err=True))


@dataclass(slots=True)
class Stage:
    """How far one stage is."""

    description: str
    total: int | None
    began: float
    done: int = 0
    now: float = 0.0

    @property
    def rate(self) -> float:
        """Steps a second since it began."""
        return self.done / max(self.now - self.began, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """None where the end is not known."""
        return None if self.total is None else (self.total - self.done) / max(self.rate, 1e-9)

    def line(self, unit: str) -> str:
        """`clip.mp4: 120 of 400 frames, 3.90 frames/s, 1:12 left`; `camera: 120 frames, 3.90 frames/s`."""
        if self.seconds_left is None:
            return f"{self.description}: {self.done} {unit}, {self.rate:.2f} {unit}/s"
        minutes, seconds = divmod(round(self.seconds_left), 60)
        left = f"{minutes}:{seconds:02d} left"
        return f"{self.description}: {self.done} of {self.total} {unit}, {self.rate:.2f} {unit}/s, {left}"


@dataclass(slots=True)
class _Sparse(AbstractContextManager["_Sparse"]):
    """Tells of a stage when it has gone on for `every` seconds since it last did."""

    every: float
    tell: Callable[[Stage], None]
    stages: list[Stage] = field(default_factory=list)
    told: float = field(default_factory=lambda: time.monotonic())

    def begin(self, description: str, total: int | None) -> int:
        self.stages.append(Stage(description=description, total=total, began=time.monotonic()))
        return len(self.stages) - 1

    def advance(self, key: int, steps: int) -> None:
        stage, now = self.stages[key], time.monotonic()
        stage.done += steps
        stage.now = now
        if now - self.told >= self.every:
            self.told = now
            self.tell(stage)

    def __exit__(self, *_: object) -> None:
        return None


def _emit_progress(stage: Stage) -> None:
    left = None if stage.seconds_left is None else round(stage.seconds_left, 1)
    facts: Mapping[str, Any] = {"frames_per_second": round(stage.rate, 3), "seconds_left": left}
    emit("progress", done=stage.done, total=stage.total, **facts)


class _Bars(AbstractContextManager["_Bars"]):
    """Bars with rate and time left, on a terminal."""

    def __init__(self, console: Console, unit: str) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _RateColumn(unit),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=console,
        )

    def begin(self, description: str, total: int | None) -> int:
        return int(self._progress.add_task(description, total=total))

    def advance(self, key: int, steps: int) -> None:
        self._progress.advance(self._progress.tasks[key].id, steps)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


class _RateColumn(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.2f} {self._unit}/s", style="progress.data.speed")
