"""One clip propagated into one output folder: what `vos propagate` and `vos demo` share."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vos.cli.recorded import describe_model, peak_gpu_memory_mib, recorded
from vos.exports import Exports, ExportSettings
from vos.io import (
    Clip,
    ContactSheetWriter,
    MaskWriter,
    evenly_spaced,
    mask_name,
    object_ids,
    open_clip,
    read_mask,
    require_size,
)
from vos.io.frame_range import FrameRange
from vos.types import LabelMap, Sink

if TYPE_CHECKING:
    from seggpt_core.prompt import InContextModel
    from vos.run_record import RunRecord
    from vos.settings import TrackerSettings
    from vos.types import Segmentation

MASKS = "masks"
CONTACT_SHEET = "contact_sheet.png"
_SHEET_FRAMES = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What is asked for."""

    clip: Path
    mask: Path
    out: Path
    settings: "TrackerSettings"
    frames: FrameRange | None = None
    exports: ExportSettings = field(default_factory=ExportSettings)
    contact_sheet: bool = False
    overwrite: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedJob:
    """A job whose inputs and output folder have been checked; nothing is written yet."""

    job: Job
    clip: Clip
    ids: LabelMap = field(repr=False)
    exports: Exports
    outputs: list[str]
    stale: list[Path]
    """Files of an earlier run, deleted when the run begins."""


def open_job(job: Job) -> OpenedJob:
    """Check clip, mask and output folder. Raises InputError for what is wrong with them."""
    from vos.run_record import stale_files

    clip = open_clip(job.clip, job.frames)
    ids = read_mask(job.mask)
    require_size(ids, job.mask, width=clip.info.width, height=clip.info.height, clip=job.clip)
    exports = Exports(settings=job.exports, clip=clip, labels={one: str(one) for one in object_ids(ids)})
    outputs = _outputs(job, clip, exports)
    stale = stale_files(job.out, outputs, overwrite=job.overwrite, inputs=[job.clip, job.mask])
    return OpenedJob(job=job, clip=clip, ids=ids, exports=exports, outputs=outputs, stale=stale)


def run_job(opened: OpenedJob, on_frame: Callable[[], None]) -> "RunRecord":
    """Propagate, and write masks, pictures and run.json; `on_frame` is called once a frame.

    Raises InputError for what is refused before the first frame is segmented, WorkError for what fails after;
    finished masks stay then, and run.json says how it ended.
    """
    from vos import pipeline
    from vos.models import build_model
    from vos.run_record import describe_timing, write_record
    from vos.tracker import Tracker

    job, clip = opened.job, opened.clip
    model = build_model(job.settings)
    tracker = Tracker(model, job.settings)
    record = _record(opened, model)
    with recorded(job.out, opened.stale, record) as tally:

        def count(_: "Segmentation") -> None:
            tally.done += 1
            on_frame()

        stats = pipeline.run(clip, {clip.frames.start: opened.ids}, tracker, _sinks(opened), count)
    record = dataclasses.replace(record, damaged_frames=stats.damaged)
    done = record.ended(job.out, "done", timing=describe_timing(stats), gpu_memory_mib=peak_gpu_memory_mib(model))
    write_record(job.out, done)
    return done


def _outputs(job: Job, clip: Clip, exports: Exports) -> list[str]:
    """Relative paths of everything that the run may write."""
    masks = [f"{MASKS}/{mask_name(stem)}" for stem in clip.stems()]
    return ["run.json", *masks, *exports.outputs(), *[CONTACT_SHEET] * job.contact_sheet]


def _sinks(opened: OpenedJob) -> list[Sink]:
    job, clip = opened.job, opened.clip
    sinks: list[Sink] = [MaskWriter(job.out / MASKS), *opened.exports.sinks(job.out)]
    if job.contact_sheet:
        sinks.append(ContactSheetWriter(job.out / CONTACT_SHEET, evenly_spaced(clip.frames, _SHEET_FRAMES)))
    return sinks


def _record(opened: OpenedJob, model: "InContextModel") -> "RunRecord":
    from seggpt_core.checkpoint import sha256
    from vos.run_record import RunRecord, describe_clip, versions

    job = opened.job
    return RunRecord(
        status="running",
        clip=describe_clip(opened.clip),
        frames=(opened.clip.frames.start, opened.clip.frames.stop),
        mask={"path": str(job.mask), "sha256": sha256(job.mask)},
        settings=job.settings.model_dump(mode="json"),
        exports=dataclasses.asdict(job.exports),
        model=describe_model(model),
        versions=versions(),
        outputs=opened.outputs,
    )
