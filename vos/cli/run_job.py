"""One clip propagated into one output folder, from its start or from where an earlier run was broken off."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vos.cli.job import CONTACT_SHEET, MASKS, OpenedJob
from vos.cli.recorded import describe_model, peak_gpu_memory_mib, recorded
from vos.confidence_log import ConfidenceWriter
from vos.direction import Direction
from vos.errors import TruncatedError
from vos.io import ContactSheetWriter, MaskWriter, backward, evenly_spaced, find_images, mask_name, read_mask
from vos.io.clip import frame_stem
from vos.types import Frame, LabelMap, Sink

if TYPE_CHECKING:
    from seggpt_core.prompt import InContextModel
    from vos.pipeline import RunStats, Segmenter
    from vos.resume import StoredPass, Unfinished
    from vos.run_record import RunRecord
    from vos.tracker import Tracker
    from vos.types import Segmentation

_FORWARD, _BACKWARD = "forward", "backward"
_SHEET_FRAMES = 12

Passes = Mapping[str, "StoredPass"]
"""What is kept of each pass through the clip, by name; empty for a clip that is read as it comes."""
OnFrame = Callable[["Segmentation"], None]


def run_job(opened: OpenedJob, on_frame: Callable[[], None]) -> "RunRecord":
    """Propagate, and write masks, pictures and run.json; `on_frame` is called once a frame.

    Raises InputError for what is refused before the first frame is segmented, WorkError for what fails after;
    finished masks stay then, run.json says how it ended, and the run can be gone on with.
    """
    from vos.models import build_model
    from vos.resume import require_present, require_same
    from vos.run_record import RunRecord
    from vos.tracker import Tracker

    model = build_model(opened.job.settings)
    tracker = Tracker(model, opened.job.settings)  # before anything is deleted: it refuses sizes that do not suit it
    record = _record(opened, model)
    if opened.earlier is not None:
        require_same(opened.job.out, opened.earlier, record)
        if opened.is_done:
            return RunRecord(**opened.earlier)
    with _unfinished(opened) as unfinished:
        passes = _passes(opened, unfinished)
        if _FORWARD in passes:
            require_present(opened.job.out, opened.files_of(passes[_FORWARD].finished.keys()))
        return _run(opened, tracker, model, record, passes, on_frame)


def _run(
    opened: OpenedJob,
    tracker: "Tracker",
    model: "InContextModel",
    record: "RunRecord",
    passes: Passes,
    on_frame: Callable[[], None],
) -> "RunRecord":
    from vos import pipeline
    from vos.run_record import describe_timing, write_record

    job, clip = opened.job, opened.clip
    confidence = ConfidenceWriter(job.out, opened.labels)
    finished = sum(len(one.finished) for one in passes.values())
    if opened.earlier is not None:
        record = dataclasses.replace(record, resumed_at=[*opened.earlier.get("resumed_at", ()), finished])
    with recorded(job.out, opened.stale, record, done=finished) as tally:

        def count(segmentation: "Segmentation") -> None:
            tally.done += not segmentation.stored
            if clip.info.live:  # the record shares this list
                stem = frame_stem(segmentation.index)
                opened.outputs.append(f"{MASKS}/{mask_name(stem)}")
                opened.outputs.extend(opened.exports.outputs_of(segmentation.index, stem))
            on_frame()

        back = _backward_pass(opened, model, passes[_BACKWARD], count) if _BACKWARD in passes else None
        sinks = [*_sinks(opened), confidence, *(one for name, one in passes.items() if name == _FORWARD)]
        counted = None if job.direction is Direction.BACKWARD else count
        stats = pipeline.run_segmenter(clip, _segmenter(opened, tracker, passes), sinks, counted)
    if job.live:
        record = dataclasses.replace(record, frames=(clip.frames.start, clip.frames.start + stats.frames))
    record = dataclasses.replace(record, damaged_frames=stats.damaged, doubts=confidence.doubts())
    done = record.ended(job.out, "done", timing=describe_timing(stats, back), gpu_memory_mib=peak_gpu_memory_mib(model))
    write_record(job.out, done)
    return done


@contextmanager
def _unfinished(opened: OpenedJob) -> Iterator["Unfinished | None"]:
    """What the run keeps until it is done; it stays where the run is broken off and can be gone on with.

    A clip that breaks off has come to its end: there is nothing to go on with.
    """
    from vos.resume import Unfinished
    from vos.run_record import FILE_NAME

    if opened.clip.info.live:
        yield None
        return
    unfinished = Unfinished(opened.job.out)
    try:
        if opened.earlier is None:
            unfinished.clear()
        yield unfinished
    except BaseException as error:
        begun = (opened.job.out / FILE_NAME).exists()
        if begun and not isinstance(error.__cause__, TruncatedError):
            unfinished.release()
        else:
            unfinished.remove()
        raise
    unfinished.remove()


def _passes(opened: OpenedJob, unfinished: "Unfinished | None") -> Passes:
    """The last of them writes the run's files."""
    if unfinished is None:
        return {}
    forward = unfinished.stored_pass(_FORWARD, everything=opened.exports.need_all_mattes)
    if opened.job.direction is Direction.FORWARD:
        return {_FORWARD: forward}
    return {_BACKWARD: unfinished.stored_pass(_BACKWARD, everything=True), _FORWARD: forward}


def _backward_pass(opened: OpenedJob, model: "InContextModel", stored: "StoredPass", on_frame: OnFrame) -> "RunStats":
    """Track the clip from its last frame to its first, into the pass's spool."""
    from vos import pipeline
    from vos.guided import Guided
    from vos.resume import Resumable
    from vos.tracker import Tracker

    guided = Guided(Tracker(model, opened.job.settings), opened.masks, backward=True)
    segmenter = Resumable(guided, stored, lambda frame: stored.spool.read(frame.index).ids)
    return pipeline.run_segmenter(backward(opened.clip), segmenter, [stored], on_frame)


def _segmenter(opened: OpenedJob, tracker: "Tracker", passes: Passes) -> "Segmenter":
    """What segments the clip from its first frame to its last."""
    from vos.both_ways import BothWays, Replayed
    from vos.guided import Guided
    from vos.resume import Resumable

    guided = Guided(tracker, opened.masks)
    if not passes:
        return guided
    stored = passes[_FORWARD]
    if opened.job.direction is Direction.BACKWARD:
        return Replayed(passes[_BACKWARD].spool, stored.finished)

    def written(frame: Frame) -> LabelMap:
        return read_mask(opened.job.out / MASKS / mask_name(frame.stem), empty_ok=True)

    forward = Resumable(guided, stored, written)
    return BothWays(forward, passes[_BACKWARD].spool) if _BACKWARD in passes else forward


def _sinks(opened: OpenedJob) -> list[Sink]:
    job, clip = opened.job, opened.clip
    sinks: list[Sink] = [MaskWriter(job.out / MASKS), *opened.exports.sinks(job.out)]
    if job.contact_sheet:
        sinks.append(ContactSheetWriter(job.out / CONTACT_SHEET, evenly_spaced(clip.frames, _SHEET_FRAMES)))
    return sinks


def _described_masks(opened: OpenedJob) -> list[dict[str, Any]]:
    from seggpt_core.checkpoint import sha256

    start = opened.clip.frames.start
    return [
        {
            "frame": start if one.frame is None else one.frame,
            "path": str(one.path),
            "sha256": {file.name: sha256(file) for file in find_images([one.path])}
            if one.path.is_dir()
            else sha256(one.path),
        }
        for one in opened.job.masks
    ]


def _record(opened: OpenedJob, model: "InContextModel") -> "RunRecord":
    from vos.run_record import RunRecord, describe_clip, versions

    job = opened.job
    return RunRecord(
        status="running",
        clip=describe_clip(opened.clip),
        frames=(opened.clip.frames.start, opened.clip.frames.start if job.live else opened.clip.frames.stop),
        masks=_described_masks(opened),
        objects={str(one): label for one, label in opened.labels.items()},
        settings=job.settings.model_dump(mode="json"),
        direction=str(job.direction),
        exports=dataclasses.asdict(job.exports),
        model=describe_model(model),
        versions=versions(),
        outputs=opened.outputs,
    )
