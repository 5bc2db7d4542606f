"""Reading everything once before hours are spent on it."""

from vos.datasets.description import Dataset
from vos.datasets.labels import read_truth
from vos.datasets.problems import Problems


def check_truth(dataset: Dataset) -> None:
    """Decode every mask that is given or scored; InputError with all that are damaged or do not fit."""
    problems = Problems()
    for sequence in dataset.sequences:
        for position in sorted({*sequence.prompts, *sequence.scored}):
            with problems.collecting(f"{sequence.name} {sequence.stems[position]}"):
                read_truth(sequence, position)
    problems.refuse(f"{dataset.name} in {dataset.root}")
