"""Reading everything once before hours are spent on it."""

from vos.datasets.description import Dataset, Layer, VideoSequence
from vos.datasets.labels import frame_name, read_truth
from vos.datasets.problems import Problems
from vos.errors import WorkError
from vos.io import find_images, read_image


def check_truth(dataset: Dataset) -> None:
    """Decode every mask that is given or scored; InputError with all that are damaged or do not fit."""
    problems = Problems()
    for sequence in dataset.sequences:
        for layer in sequence.layers:
            _check_masks(sequence, layer, problems)
    problems.refuse(f"{dataset.name} in {dataset.root}")


def check_frames(dataset: Dataset) -> None:
    """Decode every frame; InputError with all that are damaged."""
    problems = Problems()
    for sequence in dataset.sequences:
        for file in find_images([sequence.images]):
            try:
                read_image(file)
            except WorkError as error:
                problems.add(f"{sequence.name} {file.stem}: {error}")
    problems.refuse(f"{dataset.name} in {dataset.root}")


def _check_masks(sequence: VideoSequence, layer: Layer, problems: Problems) -> None:
    for position in sorted({*layer.prompts, *layer.scored}):
        with problems.collecting(frame_name(sequence, layer, position)):
            read_truth(sequence, layer, position)
