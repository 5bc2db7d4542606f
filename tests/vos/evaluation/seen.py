"""A watcher of evaluations that remembers."""

from collections import Counter

from vos.evaluation.tasks import OnSteps


class Seen:
    """Frames of each stage: how many it was said to have, and how many were done."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        self.done: Counter[str] = Counter()

    def __call__(self, stage: str, frames: int) -> OnSteps:
        self.totals[stage] += frames

        def count(steps: int) -> None:
            self.done[stage] += steps

        return count
