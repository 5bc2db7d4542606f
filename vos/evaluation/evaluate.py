"""The whole of an evaluation: track or take given masks, score them, score the baselines, write the reports."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from vos.datasets import Dataset, ManyProblems, Problems
from vos.errors import InputError, WorkError
from vos.evaluation.baselines import FREE_BASELINES, UNTRAINED_READOUT, untrained_readout
from vos.evaluation.checks import Checked, check_sequences
from vos.evaluation.evaluation import Evaluation, Run
from vos.evaluation.fingerprints import joined, truth_sha256
from vos.evaluation.journal import JOURNAL, Finished, append, begin_journal, read_journal
from vos.evaluation.output import (
    MASKS,
    READOUT_MASKS,
    OutputFolder,
    Recording,
    claimed,
    goes_on,
    open_output,
    recording,
)
from vos.evaluation.parallel_scoring import ScoredAll, score_all
from vos.evaluation.predictions import (
    Predictor,
    fingerprint,
    listed_problems,
    missing_masks,
    results_in,
    with_folders,
)
from vos.evaluation.progress import Progress, no_progress
from vos.evaluation.provenance import common_facts
from vos.evaluation.report import write_reports, write_run_report
from vos.evaluation.run import Failed, describe_models, reusable, track_dataset
from vos.evaluation.scoring import Scores
from vos.evaluation.speed import Speed
from vos.evaluation.tasks import Executor, InThisProcess, Pool
from vos.evaluation.tracking_worker import make_tracking_worker
from vos.settings import TrackerSettings

_GIVEN = "given"


def evaluate_results(
    dataset: Dataset,
    results: Path,
    out: Path,
    *,
    baselines: bool,
    overwrite: bool,
    allow_missing: bool = False,
    executor: Executor = InThisProcess(),  # noqa: B008 - frozen
    progress: Progress = no_progress,
) -> Evaluation:
    """Score the masks `results`/<sequence>/<frame>.png and write the reports into `out`.

    baselines: also score all-empty masks and the first mask copied. allow_missing: masks that are not there count as
    empty, and the reports say so. InputError with all that is missing or does not fit; nothing is written then.
    """
    _require_truth(dataset)
    with claimed(out):
        folder = open_output(out, dataset, [], overwrite=overwrite, inputs=[results, dataset.root])
        missing = missing_masks(dataset, results)
        facts = {
            "results": str(results),
            "results_sha256": fingerprint(dataset, results),
            "truth_sha256": joined({sequence.name: truth_sha256(sequence) for sequence in dataset.sequences}),
            "baselines": baselines,
            **({"missing_masks": missing} if missing else {}),
            **common_facts(dataset),
        }
        goes_on(folder, facts)
        free = FREE_BASELINES if baselines else {}
        given = results_in(results, missing_is_empty=allow_missing)
        problems = listed_problems(dataset, results, missing_is_empty=allow_missing)
        scored = dataset if allow_missing else with_folders(dataset, results)
        found = _score_results(scored, {_GIVEN: given, **free}, executor, progress, problems)
        with recording(folder) as record:
            record.begin(facts)
            evaluation = Evaluation(
                dataset=dataset,
                scores=found.scores[_GIVEN],
                baselines={name: found.scores[name] for name in free},
                provenance={**facts, "peak_memory_mib": found.peak_memory_mib},
            )
            write_reports(evaluation, given, out)
    return evaluation


def _require_truth(dataset: Dataset) -> None:
    if not dataset.truth:
        lacking = ", ".join(sequence.name for sequence in dataset.sequences if not sequence.truth)
        raise InputError(
            f"{dataset.name} {dataset.split}: the true masks of {lacking} are not in {dataset.root}, so there is "
            "nothing to score; `vos submit` packs masks for the benchmark's server"
        )


def _score_results(
    dataset: Dataset,
    predictions: Mapping[str, Predictor],
    executor: Executor,
    progress: Progress,
    problems: Problems,
) -> ScoredAll:
    """The scores; InputError with `problems` and every mask that is missing or does not fit, told together."""
    try:
        found = score_all(dataset, predictions, executor, progress)
    except ManyProblems as error:
        problems.add_all(error)
    problems.refuse(f"scoring {dataset.name}")
    return found


def evaluate_tracker(
    dataset: Dataset,
    settings: TrackerSettings,
    out: Path,
    *,
    baselines: bool,
    overwrite: bool,
    executor: Executor = InThisProcess(),  # noqa: B008 - frozen
    progress: Progress = no_progress,
) -> Run:
    """Track every sequence, write its masks and the reports into `out`, and score them.

    baselines: also score all-empty masks, the first mask copied, and the untrained readout run with the same
    settings. Where the truth is not there, nothing is scored: a Run is returned then, an Evaluation else. If `out`
    holds the same evaluation, unfinished or not, the sequences that are finished there are kept.
    InputError for what can be seen before the first frame is tracked; WorkError for what fails after, naming every
    sequence that failed: the others are finished then, and the same call goes on.
    """
    baselines = baselines and dataset.truth
    runs = _runs(settings, baselines=baselines)
    with claimed(out):
        folder = open_output(out, dataset, runs, overwrite=overwrite, inputs=[dataset.root])
        checked = check_sequences(dataset, [out / run for run in runs], executor, progress)
        with recording(folder) as record:
            make = partial(make_tracking_worker, runs, executor.threads)
            tasks = len(runs) * len(dataset.sequences)
            with executor.open(make, tasks=tasks, gpu=settings.device != "cpu") as pool:
                facts = _facts(dataset, settings, describe_models(pool), executor.threads, baselines=baselines)
                kept = _begin(folder, record, facts, checked, runs)
                finished = _track(dataset, facts["models"], kept, checked, pool, record, out, progress)
            if not dataset.truth:
                run = _run(dataset, facts, checked, finished, None)
                write_run_report(run, out)
                return run
            scored = _score(dataset, runs, out, executor, progress, baselines=baselines)
            evaluation = _with_scores(_run(dataset, facts, checked, finished, scored), scored, baselines=baselines)
            write_reports(evaluation, results_in(out / MASKS), out)
    return evaluation


def _runs(settings: TrackerSettings, *, baselines: bool) -> dict[str, TrackerSettings]:
    """Folder of masks → the settings they are made with."""
    readout = untrained_readout(settings)
    return {MASKS: settings, READOUT_MASKS: readout} if baselines and readout != settings else {MASKS: settings}


def _facts(
    dataset: Dataset,
    settings: TrackerSettings,
    models: Mapping[str, Mapping[str, str]],
    threads: int,
    *,
    baselines: bool,
) -> dict[str, Any]:
    return {
        "model": models[MASKS],
        "models": models,
        "settings": settings.model_dump(mode="json"),
        "threads": threads,
        "baselines": baselines,
        **common_facts(dataset),
    }


def _begin(
    folder: OutputFolder,
    record: Recording,
    facts: Mapping[str, Any],
    checked: Mapping[str, Checked],
    runs: Mapping[str, TrackerSettings],
) -> list[Finished]:
    """Begin the record; returns what is finished already. Masks of all other sequences are deleted."""
    journal = folder.path / JOURNAL
    finished = reusable(read_journal(journal), checked, runs, folder.path) if goes_on(folder, facts) else []
    folders = {folder.path / entry.run / entry.sequence for entry in finished}
    record.begin(facts, [file for file in folder.stale if folders & set(file.parents) or file == journal])
    begin_journal(journal, finished)
    return finished


def _track(
    dataset: Dataset,
    models: Mapping[str, Mapping[str, str]],
    kept: Sequence[Finished],
    checked: Mapping[str, Checked],
    pool: Pool,
    record: Recording,
    out: Path,
    progress: Progress,
) -> list[Finished]:
    """Everything finished, once all sequences have ended; WorkError naming those that failed."""
    finished, failed = list(kept), []
    for ended in track_dataset(dataset, models, kept, checked, pool, out, progress):
        if isinstance(ended, Failed):
            failed.append(ended)
        else:
            append(out / JOURNAL, ended)
            finished.append(ended)
    if failed:
        record.note(failures=[_told(one) for one in failed])
        raise WorkError(_summary(failed))
    return finished


def _told(failed: Failed) -> dict[str, Any]:
    return {
        "run": failed.run,
        "sequence": failed.sequence,
        "error": failed.failure.message,
        "traceback": failed.failure.traceback,
    }


def _summary(failed: Sequence[Failed]) -> str:
    lines = [
        f"{one.sequence}{'' if one.run == MASKS else f' ({one.run})'}: {one.failure.message}"
        for one in sorted(failed, key=lambda one: (one.run != MASKS, one.sequence))
    ]
    if len(lines) == 1:
        return f"{lines[0]}; all else is finished, and the same command goes on"
    several = ";\n  ".join(lines)
    return f"{len(lines)} sequences failed; all else is finished, and the same command goes on:\n  {several}"


def _score(
    dataset: Dataset, runs: Iterable[str], out: Path, executor: Executor, progress: Progress, *, baselines: bool
) -> ScoredAll:
    predictions = {run: results_in(out / run) for run in runs} | (dict(FREE_BASELINES) if baselines else {})
    try:
        return score_all(dataset, predictions, executor, progress)
    except InputError as error:  # the truth was checked: it has changed since, or our own masks have
        raise WorkError(str(error)) from error


def _run(
    dataset: Dataset,
    facts: Mapping[str, Any],
    checked: Mapping[str, Checked],
    finished: Iterable[Finished],
    scored: ScoredAll | None,
) -> Run:
    tracked = {entry.sequence: entry for entry in finished if entry.run == MASKS}
    data = {
        "data_sha256": joined({name: one.data_sha256 for name, one in checked.items()}),
        "truth_sha256": joined({name: one.truth_sha256 for name, one in checked.items()}),
    }
    return Run(
        dataset=dataset,
        provenance={**facts, **data, **_peaks(tracked.values(), scored)},
        speeds={
            sequence.name: Speed(frames=tracked[sequence.name].frames, seconds=tracked[sequence.name].seconds)
            for sequence in dataset.sequences
        },
    )


def _with_scores(run: Run, scored: ScoredAll, *, baselines: bool) -> Evaluation:
    return Evaluation(
        dataset=run.dataset,
        provenance=run.provenance,
        speeds=run.speeds,
        scores=scored.scores[MASKS],
        baselines=_baselines(scored) if baselines else {},
    )


def _baselines(scored: ScoredAll) -> dict[str, Scores]:
    # Where the run itself is the untrained readout, it is its own baseline.
    readout = scored.scores.get(READOUT_MASKS, scored.scores[MASKS])
    return {**{name: scored.scores[name] for name in FREE_BASELINES}, UNTRAINED_READOUT: readout}


def _peaks(tracked: Iterable[Finished], scored: ScoredAll | None) -> dict[str, float | None]:
    entries = list(tracked)
    scoring = [] if scored is None else [scored.peak_memory_mib]
    gpu = [entry.peak_gpu_memory_mib for entry in entries if entry.peak_gpu_memory_mib is not None]
    return {
        "peak_memory_mib": max([*scoring, *(entry.peak_memory_mib for entry in entries)]),
        "scoring_peak_memory_mib": scoring[0] if scoring else None,
        "peak_gpu_memory_mib": max(gpu, default=None),
    }
