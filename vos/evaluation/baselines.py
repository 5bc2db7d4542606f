"""What a score has to be compared with: predictions that took no learning."""

from collections.abc import Mapping
from pathlib import Path

from seggpt_core.checkpoint import load_model
from vos.datasets import Dataset
from vos.evaluation.predictions import Predictor, all_empty, first_mask_copied, results_in
from vos.evaluation.run import OnFrame, track_dataset
from vos.evaluation.scoring import Scores, score_dataset
from vos.settings import TrackerSettings, resolve_device

UNTRAINED_READOUT = "untrained_readout"
_READOUT_MODEL = "readout"
_FREE: Mapping[str, Predictor] = {"all_empty": all_empty, "first_mask_copied": first_mask_copied}


def score_free_baselines(dataset: Dataset) -> dict[str, Scores]:
    """The baselines that need no model: all empty, and the first mask copied."""
    return {name: score_dataset(dataset, predict) for name, predict in _FREE.items()}


def is_untrained_readout(settings: TrackerSettings) -> bool:
    """Whether a run with these settings is the baseline itself."""
    return settings.model == _READOUT_MODEL and settings.weights is None


def score_untrained_readout(dataset: Dataset, settings: TrackerSettings, folder: Path, on_frame: OnFrame) -> Scores:
    """Track with the matching readout, everything else as in `settings`; masks go to `folder`/<sequence>."""
    settings = settings.model_copy(update={"model": _READOUT_MODEL, "weights": None})
    model = load_model(_READOUT_MODEL, device=resolve_device(settings.device))
    track_dataset(dataset, model, settings, folder, on_frame)
    return score_dataset(dataset, results_in(folder))
