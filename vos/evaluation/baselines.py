"""What a score has to be compared with: predictions that took no learning."""

from collections.abc import Mapping

from vos.evaluation.predictions import Predictor, all_empty, first_mask_copied
from vos.settings import ModelSettings, TrackerSettings

UNTRAINED_READOUT = "untrained_readout"
_READOUT_MODEL = "readout"
FREE_BASELINES: Mapping[str, Predictor] = {"all_empty": all_empty, "first_mask_copied": first_mask_copied}
"""Those that need no model: all empty, and the first mask copied."""


def untrained_readout(settings: TrackerSettings) -> TrackerSettings:
    """The same settings with the matching readout, in which nothing but the ImageNet stem was learned."""
    own = ModelSettings(model=_READOUT_MODEL).model_dump(exclude={"pixels", "size", "device"})
    return settings.model_copy(update=own)
