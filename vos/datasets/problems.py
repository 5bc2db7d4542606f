"""All that is wrong, in one report: nobody should mend a data set one error at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from vos.errors import InputError


class ManyProblems(InputError):
    """Everything that is wrong with something, told together."""

    def __init__(self, what: str, problems: Sequence[str]) -> None:
        several = f"{len(problems)} problems:\n  " if len(problems) > 1 else ""
        super().__init__(f"{what}: {several}" + ";\n  ".join(problems))
        self.problems = tuple(problems)


class Problems:
    """Collects messages; `refuse` raises them together."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, problem: str) -> None:
        """problem: one line that names the sequence and, where there is one, the frame."""
        self.found.append(problem)

    def add_all(self, error: ManyProblems) -> None:
        """What was found elsewhere, to be told with the rest."""
        self.found += error.problems

    @contextmanager
    def collecting(self, where: str) -> Iterator[None]:
        """Turn an InputError of the block into a problem of `where`; nothing else is caught."""
        try:
            yield
        except InputError as error:
            self.add(f"{where}: {error}")

    def refuse(self, what: str) -> None:
        """Raise ManyProblems with every problem found in `what`, one a line; nothing if there is none."""
        if self.found:
            raise ManyProblems(what, self.found)
