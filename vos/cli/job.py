"""One clip propagated into one output folder: what `vos propagate` and `vos demo` share."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vos.errors import InputError, VosError, WorkError
from vos.io import (
    Clip,
    ContactSheetWriter,
    MaskWriter,
    OverlayWriter,
    evenly_spaced,
    mask_name,
    open_clip,
    read_mask,
    require_size,
)
from vos.types import LabelMap, Sink

if TYPE_CHECKING:
    from seggpt_core.prompt import InContextModel
    from vos.pipeline import RunStats
    from vos.run_record import RunRecord
    from vos.settings import TrackerSettings
    from vos.tracker import Tracker
    from vos.types import Segmentation

MASKS = "masks"
OVERLAY = "overlay.mp4"
CONTACT_SHEET = "contact_sheet.png"
_SHEET_FRAMES = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What is asked for."""

    clip: Path
    mask: Path
    out: Path
    settings: "TrackerSettings"
    frames: tuple[int, int] | None = None
    overlay: bool = False
    contact_sheet: bool = False
    overwrite: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedJob:
    """A job whose inputs and output folder have been checked; nothing is written yet."""

    job: Job
    clip: Clip
    ids: LabelMap = field(repr=False)
    outputs: list[str]
    stale: list[Path]
    """Files of an earlier run, deleted when the run begins."""


def open_job(job: Job) -> OpenedJob:
    """Check clip, mask and output folder. Raises InputError for what is wrong with them."""
    from vos.run_record import stale_files

    clip = open_clip(job.clip, job.frames)
    ids = read_mask(job.mask)
    require_size(ids, job.mask, width=clip.info.width, height=clip.info.height, clip=job.clip)
    outputs = _outputs(job, clip)
    stale = stale_files(job.out, outputs, overwrite=job.overwrite, inputs=[job.clip, job.mask])
    return OpenedJob(job=job, clip=clip, ids=ids, outputs=outputs, stale=stale)


def run_job(opened: OpenedJob, on_frame: Callable[[], None]) -> "RunRecord":
    """Propagate, and write masks, pictures and run.json; `on_frame` is called once a frame.

    Raises InputError for what is refused before the first frame is segmented, WorkError for what fails after;
    finished masks stay then, and run.json says how it ended.
    """
    from seggpt_core.checkpoint import load_model
    from vos.run_record import delete_files, write_record
    from vos.settings import resolve_device
    from vos.tracker import Tracker

    job = opened.job
    model = load_model(job.settings.model, weights=job.settings.weights, device=resolve_device(job.settings.device))
    tracker = Tracker(model, job.settings)
    record = _record(opened, model)
    try:
        delete_files(job.out, opened.stale)
        write_record(job.out, record)
    except WorkError as error:
        raise InputError(str(error)) from error
    stats = _propagate(opened, tracker, record, on_frame)
    done = record.ended(job.out, "done", stats=stats, gpu_memory_mib=_peak_gpu_memory_mib(model))
    write_record(job.out, done)
    return done


def _propagate(opened: OpenedJob, tracker: "Tracker", record: "RunRecord", on_frame: Callable[[], None]) -> "RunStats":
    from vos import pipeline

    frames = 0

    def count(_: "Segmentation") -> None:
        nonlocal frames
        frames += 1
        on_frame()

    clip = opened.clip
    try:
        return pipeline.run(clip, {clip.frames.start: opened.ids}, tracker, _sinks(opened), count)
    except BaseException as error:
        _record_failure(opened.job.out, record, error, frames)
        if isinstance(error, VosError):
            raise (WorkError if frames else InputError)(str(error)) from error
        raise


def _record_failure(out: Path, record: "RunRecord", error: BaseException, frames: int) -> None:
    """Say in run.json how the run ended; a run without a single frame leaves none, and `out` free for the next."""
    from vos.run_record import FILE_NAME, delete_files, write_record

    if frames == 0:
        delete_files(out, [out / FILE_NAME])
        return
    status: Literal["interrupted", "failed"] = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    with suppress(WorkError):  # the error that stopped the run is the one to tell of
        write_record(out, record.ended(out, status, error=str(error) or type(error).__name__))


def _outputs(job: Job, clip: Clip) -> list[str]:
    """Relative paths of everything that the run may write."""
    outputs = ["run.json", *(f"{MASKS}/{mask_name(stem)}" for stem in clip.stems())]
    return outputs + [OVERLAY] * job.overlay + [CONTACT_SHEET] * job.contact_sheet


def _sinks(opened: OpenedJob) -> list[Sink]:
    job, clip = opened.job, opened.clip
    sinks: list[Sink] = [MaskWriter(job.out / MASKS)]
    if job.overlay:
        sinks.append(OverlayWriter(job.out / OVERLAY, clip.info))
    if job.contact_sheet:
        sinks.append(ContactSheetWriter(job.out / CONTACT_SHEET, evenly_spaced(clip.frames, _SHEET_FRAMES)))
    return sinks


def _record(opened: OpenedJob, model: "InContextModel") -> "RunRecord":
    from vos.run_record import RunRecord, describe_clip, versions

    job = opened.job
    return RunRecord(
        status="running",
        clip=describe_clip(opened.clip),
        frames=(opened.clip.frames.start, opened.clip.frames.stop),
        mask={"path": str(job.mask), "sha256": hashlib.sha256(job.mask.read_bytes()).hexdigest()},
        settings=job.settings.model_dump(mode="json"),
        model={"name": model.name, "weights_sha256": model.weights_hash, "device": str(model.device)},
        versions=versions(),
        outputs=opened.outputs,
    )


def _peak_gpu_memory_mib(model: "InContextModel") -> float | None:
    import torch

    if model.device.type != "cuda":
        return None
    return round(torch.cuda.max_memory_allocated(model.device) / 2**20, 1)
