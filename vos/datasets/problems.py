"""All that is wrong, in one report: nobody should mend a data set one error at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from vos.errors import InputError


class Problems:
    """Collects messages; `refuse` raises them together."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, problem: str) -> None:
        """problem: one line that names the sequence and, where there is one, the frame."""
        self.found.append(problem)

    @contextmanager
    def collecting(self, where: str) -> Iterator[None]:
        """Turn an InputError of the block into a problem of `where`; nothing else is caught."""
        try:
            yield
        except InputError as error:
            self.add(f"{where}: {error}")

    def refuse(self, what: str) -> None:
        """Raise InputError with every problem found in `what`, one a line; nothing if there is none."""
        if len(self.found) == 1:
            raise InputError(f"{what}: {self.found[0]}")
        if self.found:
            raise InputError(f"{what}: {len(self.found)} problems:\n  " + ";\n  ".join(self.found))
