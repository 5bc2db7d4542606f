"""How far an evaluation is, for whoever watches."""

from collections.abc import Callable

from vos.evaluation.tasks import OnSteps

Progress = Callable[[str, int], OnSteps]
"""Begins a stage: what is done ("tracking") and how many frames it has. What it returns is told of frames done."""


def no_progress(stage: str, frames: int) -> OnSteps:
    """Nobody watches."""
    return lambda steps: None
