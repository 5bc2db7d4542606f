"""The whole of an evaluation: track or take given masks, score them, score the baselines, write the reports."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from seggpt_core.prompt import InContextModel
from vos.datasets import Dataset, check_truth
from vos.errors import InputError, WorkError
from vos.evaluation.baselines import UNTRAINED_READOUT, score_free_baselines, untrained_readout
from vos.evaluation.output import MASKS, READOUT_MASKS, open_output, recording
from vos.evaluation.predictions import check_results, fingerprint, results_in
from vos.evaluation.report import Evaluation, write_reports
from vos.evaluation.run import track_dataset
from vos.evaluation.scoring import score_dataset
from vos.models import build_model
from vos.run_record import peak_memory_mib, versions
from vos.settings import TrackerSettings
from vos.tracker import Tracker


def evaluate_results(dataset: Dataset, results: Path, out: Path, *, baselines: bool, overwrite: bool) -> Evaluation:
    """Score the masks `results`/<sequence>/<frame>.png and write the reports into `out`.

    baselines: also score all-empty masks and the first mask copied. InputError with all that is missing
    or does not fit; nothing is written then.
    """
    folder = open_output(out, dataset, [], overwrite=overwrite, inputs=[results, dataset.root])
    check_results(dataset, results)
    scores = score_dataset(dataset, results_in(results))
    source = {"results": str(results), "results_sha256": fingerprint(dataset, results)}
    evaluation = Evaluation(
        dataset=dataset,
        scores=scores,
        baselines=score_free_baselines(dataset) if baselines else {},
        provenance={**source, **_common_facts(dataset)},
    )
    with recording(folder, evaluation.provenance):
        write_reports(evaluation, out)
    return evaluation


def evaluate_tracker(
    dataset: Dataset,
    settings: TrackerSettings,
    out: Path,
    *,
    baselines: bool,
    overwrite: bool,
    on_frame: Callable[[], None],
) -> Evaluation:
    """Track every sequence, write its masks and the reports into `out`, and score them.

    baselines: also score all-empty masks, the first mask copied, and the untrained readout run with the same
    settings. `on_frame` is called `tracked_frames` times. InputError for what can be seen before the first
    frame is tracked; WorkError for what fails after, and finished masks stay then.
    """
    runs = _runs(settings, baselines=baselines)
    folder = open_output(out, dataset, runs, overwrite=overwrite, inputs=[dataset.root])
    check_truth(dataset)
    models = {name: _load(one) for name, one in runs.items()}
    facts = _facts(settings, models[MASKS], dataset)
    with recording(folder, facts):
        speeds = {name: track_dataset(dataset, models[name], runs[name], out / name, on_frame) for name in runs}
        try:
            scores = {name: score_dataset(dataset, results_in(out / name)) for name in runs}
            free = score_free_baselines(dataset) if baselines else {}
        except InputError as error:  # the truth was checked: it has changed since, or our own masks have
            raise WorkError(str(error)) from error
        # Where the run itself is the untrained readout, it is its own baseline.
        readout = scores.get(READOUT_MASKS, scores[MASKS])
        compared = {**free, UNTRAINED_READOUT: readout} if baselines else {}
        evaluation = Evaluation(
            dataset=dataset,
            scores=scores[MASKS],
            baselines=compared,
            provenance={**facts, "peak_memory_mib": peak_memory_mib()},
            speeds=speeds[MASKS],
        )
        write_reports(evaluation, out)
    return evaluation


def tracked_frames(dataset: Dataset, settings: TrackerSettings, *, baselines: bool) -> int:
    """Frames that `evaluate_tracker` tracks, those of the untrained readout included."""
    return len(_runs(settings, baselines=baselines)) * sum(len(sequence.stems) for sequence in dataset.sequences)


def _runs(settings: TrackerSettings, *, baselines: bool) -> dict[str, TrackerSettings]:
    """Folder of masks → the settings they are made with."""
    readout = untrained_readout(settings)
    return {MASKS: settings, READOUT_MASKS: readout} if baselines and readout != settings else {MASKS: settings}


def _load(settings: TrackerSettings) -> InContextModel:
    """The model, after making sure that the settings suit it."""
    model = build_model(settings)
    Tracker(model, settings)
    return model


def _facts(settings: TrackerSettings, model: InContextModel, dataset: Dataset) -> dict[str, Any]:
    made = {"name": model.name, "weights_sha256": model.weights_hash, "device": str(model.device)}
    return {"model": made, "settings": settings.model_dump(mode="json"), **_common_facts(dataset)}


def _common_facts(dataset: Dataset) -> dict[str, Any]:
    names = [sequence.name for sequence in dataset.sequences]
    return {"dataset": dataset.name, "data": str(dataset.root), "sequences": names, "versions": versions()}
