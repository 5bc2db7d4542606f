"""What a library that decodes video must answer, and how it is found out that it cannot be taken."""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vos.io.probe import VideoFacts

Pictures = Callable[[VideoFacts, str, range], Iterator[Any]]
"""(facts, device, numbers) → the pictures of these numbers in order, each (H, W, 3) uint8 RGB: an array on the host, or
a tensor that is the caller's own. A picture that cannot be decoded raises an exception of any kind."""


class Unfit(Exception):
    """Why a library cannot read a clip: it is missing, or it would not give the right pictures."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A library that decodes video."""

    name: str
    """As `--reader` takes it."""
    pictures: Pictures
    devices: frozenset[str]
    """Where it can put pictures: `cpu`, `cuda`."""
    turns: bool
    """It turns pictures upright itself."""
    own_matrix: bool
    """It converts to RGB by its own rules, which take BT.601 for every video without a tag."""


def library(module: str, package: str) -> Any:
    """Import a library. Raises Unfit where it is not installed, or cannot be loaded on this machine."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.split(".")[0]:
            raise Unfit(f"it cannot be loaded ({first_line(error)})") from error
        raise Unfit(f"it is not installed: pip install {package}") from error
    except Exception as error:  # foreign libraries raise what they like where a driver or FFmpeg is missing
        raise Unfit(f"it cannot be loaded ({first_line(error)})") from error


def first_line(error: BaseException) -> str:
    """The first line of an error's text, short enough for a message of one line."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:160]
