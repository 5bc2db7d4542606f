"""A progress bar in frames, for people who watch; nothing is drawn into files and pipes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class _RateColumn(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.2f} {self._unit}/s", style="progress.data.speed")


@contextmanager
def frame_progress(total: int, description: str, *, quiet: bool, unit: str = "frames") -> Iterator[Callable[[], None]]:
    """A bar on standard error with rate and time left; the callable it yields counts one frame, or other unit."""
    with _bars(quiet=quiet, unit=unit) as progress:
        task = progress.add_task(description, total=total)
        yield lambda: progress.advance(task)


@contextmanager
def stage_progress(*, quiet: bool) -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    """A bar on standard error for each stage, begun by its description and number of frames; counts frames done."""
    with _bars(quiet=quiet, unit="frames") as progress:

        def begin(stage: str, frames: int) -> Callable[[int], None]:
            task = progress.add_task(stage, total=frames)
            return lambda steps: progress.advance(task, steps)

        yield begin


def _bars(*, quiet: bool, unit: str) -> Progress:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(unit),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    return Progress(*columns, console=console, disable=quiet or not console.is_terminal)
