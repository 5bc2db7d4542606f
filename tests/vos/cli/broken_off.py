"""Runs that are broken off, and what they left."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vos.made_files import shown
from vos.guided import Guided

SIZE = ["--size", "64x96", "--device", "cpu"]


def files(out: Path) -> dict[str, bytes | list[tuple[float, bytes]]]:
    """Everything that the run wrote but for run.json, which tells how long it took; of the overlay what it shows."""
    paths = [path for path in out.rglob("*") if path.is_file() and path.name != "run.json"]
    return {
        str(path.relative_to(out)): shown(path) if path.name == "overlay.mp4" else path.read_bytes() for path in paths
    }


def break_after(count: int, function: Callable[..., object], error: BaseException) -> Callable[..., object]:
    """`function`, which raises `error` instead of its call number `count`."""
    calls = 0

    def counted(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls - 1 == count:
            raise error
        return function(*arguments)

    return counted


def break_at(broken: pytest.MonkeyPatch, frames: int, error: BaseException) -> None:
    """Raise `error` instead of segmenting another frame after so many, in all passes together."""
    segment = break_after(frames, Guided.segment, error)
    broken.setattr(Guided, "segment", lambda *arguments: segment(*arguments))
