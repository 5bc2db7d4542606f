"""One clip propagated into one output folder: what `vos propagate` and `vos demo` share."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from vos.cli.recorded import describe_model, peak_gpu_memory_mib, recorded
from vos.confidence_log import PLOT, TABLE, ConfidenceWriter
from vos.direction import Direction
from vos.errors import InputError
from vos.exports import Exports, ExportSettings
from vos.exports.settings import OVERLAY
from vos.io import (
    Clip,
    ContactSheetWriter,
    LiveClip,
    MaskWriter,
    backward,
    evenly_spaced,
    find_images,
    live_name,
    mask_name,
    object_ids,
    open_clip,
)
from vos.io.clip import frame_stem
from vos.io.frame_range import FrameRange
from vos.prompts import FramePrompt, GivenMask, read_prompt
from vos.types import Image, LabelMap, Sink

if TYPE_CHECKING:
    from seggpt_core.prompt import InContextModel
    from vos.pipeline import RunStats, Segmenter
    from vos.run_record import RunRecord
    from vos.settings import TrackerSettings
    from vos.spool import Spool
    from vos.tracker import Tracker
    from vos.types import Segmentation

MASKS = "masks"
CONTACT_SHEET = "contact_sheet.png"
SPOOL = ".backward-"
"""How the name of the spool's folder begins."""
_SHEET_FRAMES = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What is asked for."""

    clip: Path
    masks: Sequence[GivenMask]
    out: Path
    settings: "TrackerSettings"
    frames: FrameRange | None = None
    live: str = ""
    """`clip` as it was given, where it is read as it comes: a path would mangle a URL."""
    reader: str = "auto"
    exports: ExportSettings = field(default_factory=ExportSettings)
    names: Mapping[int, str] = field(default_factory=dict)
    """Object id → name, over those that the masks themselves tell."""
    resize_masks: bool = False
    direction: Direction = Direction.FORWARD
    contact_sheet: bool = False
    overwrite: bool = False

    @property
    def passes(self) -> int:
        """How often the clip is tracked."""
        return 2 if self.direction is Direction.BOTH else 1


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedJob:
    """A job whose inputs and output folder have been checked; nothing is written yet."""

    job: Job
    clip: Clip
    device: str
    """Where the tracker runs: cpu or cuda."""
    masks: Mapping[int, LabelMap] = field(repr=False)
    """Frame number → ids."""
    labels: Mapping[int, str]
    """Object id → name, or the id as text."""
    exports: Exports
    outputs: list[str]
    stale: list[Path]
    """Files of an earlier run, deleted when the run begins."""


def open_job(job: Job) -> OpenedJob:
    """Check clip, masks and output folder. Raises InputError for what is wrong with them."""
    from vos.run_record import stale_files
    from vos.settings import resolve_device

    device = resolve_device(job.settings.device).type
    clip = _open_live(job) if job.live else open_clip(job.clip, job.frames, reader=job.reader, device=device)
    prompts = _read_prompts(job, clip)
    labels = _labels(prompts.values(), job.names)
    exports = Exports(settings=job.exports, clip=clip, labels=labels)
    outputs = _outputs(job, clip, exports)
    inputs = [job.clip, *(one.path for one in job.masks)]
    stale = stale_files(job.out, outputs, overwrite=job.overwrite, inputs=inputs)
    masks = {number: prompt.ids for number, prompt in prompts.items()}
    return OpenedJob(
        job=job,
        clip=clip,
        device=device,
        masks=masks,
        labels=labels,
        exports=exports,
        outputs=outputs,
        stale=stale,
    )


def _open_live(job: Job) -> LiveClip:
    """Raises InputError for what needs the clip's end, or the clip twice."""
    kinds = sorted(set(job.exports.kinds) - {OVERLAY})
    if kinds:
        raise InputError(f"--export {','.join(kinds)}: {job.live} has no known end; it can be exported as overlay only")
    if job.direction is not Direction.FORWARD:
        raise InputError(f"--direction {job.direction}: {job.live} is read as it comes, forward only")
    if job.reader not in ("auto", "pyav"):
        raise InputError(f"--reader {job.reader}: {job.live} is read as it comes, by pyav only")
    return LiveClip(job.live, job.frames)


def _read_prompts(job: Job, clip: Clip) -> dict[int, FramePrompt]:
    """Frame number → what is given there, in the frames' order."""
    prompts: dict[int, FramePrompt] = {}
    for one in job.masks:
        number = clip.frames.start if one.frame is None else one.frame
        if number not in clip.frames:
            taken = f"{clip.frames.start} to {clip.frames.stop - 1}"
            raise InputError(f"--mask {number}={one.path}: there is no frame {number}; frames are {taken}")
        if number in prompts:
            raise InputError(f"--mask {one.path}: frame {number} has another mask already; give it one")
        prompts[number] = read_prompt(
            one.path,
            size=(clip.info.height, clip.info.width),
            clip=job.clip,
            picture=partial(_picture, job.clip, number),
            resize=job.resize_masks,
        )
    return dict(sorted(prompts.items()))


def _picture(clip: Path, number: int) -> Image:
    if live_name(clip):
        raise InputError(f"{clip}: is read as it comes; a box needs its picture, give a mask instead")
    (frame,) = open_clip(clip, (number, number + 1))
    return frame.image


def _labels(prompts: Iterable[FramePrompt], given: Mapping[int, str]) -> dict[int, str]:
    """Object id → name, of every object that any mask holds."""
    names: dict[int, str] = {}
    ids: set[int] = set()
    for prompt in prompts:
        ids.update(object_ids(prompt.ids))
        for one, name in prompt.names.items():
            if names.setdefault(one, name) != name:
                raise InputError(f"object {one} is called {names[one]} in one mask and {name} in another")
    unknown = sorted(set(given) - ids)
    if unknown:
        raise InputError(f"--names: there is no object {', '.join(map(str, unknown))}; there are {_listed(ids)}")
    labels = {one: {**names, **given}.get(one, str(one)) for one in sorted(ids)}
    if len(set(labels.values())) < len(labels):
        raise InputError(f"two objects have one name: {', '.join(labels.values())}")
    return labels


def _listed(ids: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(ids)))


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
    tracker = Tracker(model, job.settings)  # before anything is deleted: it refuses sizes that do not suit the model
    record = _record(opened, model)
    confidence = ConfidenceWriter(job.out, opened.labels)
    with recorded(job.out, opened.stale, record) as tally, _spooling(job) as spool:

        def count(segmentation: "Segmentation") -> None:
            tally.done += 1
            if clip.info.live:  # the record shares this list
                opened.outputs.append(f"{MASKS}/{mask_name(frame_stem(segmentation.index))}")
            on_frame()

        back = None if spool is None else _backward_pass(opened, model, spool, count)
        segmenter = _segmenter(opened, tracker, spool)
        counted = None if job.direction is Direction.BACKWARD else count
        stats = pipeline.run_segmenter(clip, segmenter, [*_sinks(opened), confidence], counted)
    if job.live:
        record = dataclasses.replace(record, frames=(clip.frames.start, clip.frames.start + stats.frames))
    record = dataclasses.replace(record, damaged_frames=stats.damaged, doubts=confidence.doubts())
    done = record.ended(job.out, "done", timing=describe_timing(stats, back), gpu_memory_mib=peak_gpu_memory_mib(model))
    write_record(job.out, done)
    return done


@contextmanager
def _spooling(job: Job) -> Iterator["Spool | None"]:
    """Where a backward pass keeps what it finds until the clip is gone through again; None where there is none.

    The folder has a name that nothing else in the run's folder has: what is not this run's is never deleted.
    """
    from vos.spool import Spool

    if job.direction is Direction.FORWARD:
        yield None
        return
    with TemporaryDirectory(prefix=SPOOL, dir=job.out) as folder:
        yield Spool(Path(folder))


def _backward_pass(
    opened: OpenedJob, model: "InContextModel", spool: "Spool", on_frame: Callable[["Segmentation"], None]
) -> "RunStats":
    """Track the clip from its last frame to its first, into `spool`."""
    from vos import pipeline
    from vos.guided import Guided
    from vos.tracker import Tracker

    guided = Guided(Tracker(model, opened.job.settings), opened.masks, backward=True)
    return pipeline.run_segmenter(backward(opened.clip), guided, [spool], on_frame)


def _segmenter(opened: OpenedJob, tracker: "Tracker", spool: "Spool | None") -> "Segmenter":
    """What segments the clip from its first frame to its last."""
    from vos.both_ways import BothWays, Replayed
    from vos.guided import Guided

    if spool is not None and opened.job.direction is Direction.BACKWARD:
        return Replayed(spool)
    forward = Guided(tracker, opened.masks)
    return forward if spool is None else BothWays(forward, spool)


def _outputs(job: Job, clip: Clip, exports: Exports) -> list[str]:
    """Relative paths of everything that the run may write."""
    masks = [f"{MASKS}/{mask_name(stem)}" for stem in clip.stems()]
    return ["run.json", *masks, TABLE, PLOT, *exports.outputs(), *[CONTACT_SHEET] * job.contact_sheet]


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
