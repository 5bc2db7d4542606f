"""What a score has to be compared with: predictions that took no learning."""

from collections.abc import Mapping

from vos.datasets import Dataset
from vos.evaluation.predictions import Predictor, all_empty, first_mask_copied
from vos.evaluation.scoring import Scores, score_dataset
from vos.settings import ModelSettings, TrackerSettings

UNTRAINED_READOUT = "untrained_readout"
_READOUT_MODEL = "readout"
_FREE: Mapping[str, Predictor] = {"all_empty": all_empty, "first_mask_copied": first_mask_copied}


def score_free_baselines(dataset: Dataset) -> dict[str, Scores]:
    """The baselines that need no model: all empty, and the first mask copied."""
    return {name: score_dataset(dataset, predict) for name, predict in _FREE.items()}


def untrained_readout(settings: TrackerSettings) -> TrackerSettings:
    """The same settings with the matching readout, in which nothing but the ImageNet stem was learned."""
    own = ModelSettings(model=_READOUT_MODEL).model_dump(exclude={"short_side", "size", "device"})
    return settings.model_copy(update=own)
