"""What one clip is to be propagated with, checked: what `vos propagate` and `vos demo` share."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vos.confidence_log import PLOT, TABLE
from vos.direction import Direction
from vos.errors import InputError
from vos.exports import Exports, ExportSettings
from vos.io import Clip, LiveClip, live_name, mask_name, object_ids, open_clip
from vos.io.clip import frame_stem
from vos.io.frame_range import FrameRange
from vos.prompts import FramePrompt, GivenMask, read_prompt
from vos.types import Image, LabelMap

if TYPE_CHECKING:
    from vos.settings import TrackerSettings

MASKS = "masks"
CONTACT_SHEET = "contact_sheet.png"


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
    resume: bool = False
    """Go on with the run in `out`, if one was broken off there."""

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
    earlier: Mapping[str, Any] | None = None
    """What run.json says of the run that this one goes on with."""

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to do."""
        return self.earlier is not None and self.earlier["status"] == "done"

    def files_of(self, frames: Collection[int]) -> Iterator[str]:
        """Relative paths of the files that hold these frames alone."""
        for index, stem in zip(self.clip.frames, self.clip.stems(), strict=True):
            if index in frames:
                yield f"{MASKS}/{mask_name(stem)}"
                yield from self.exports.outputs_of(index, stem)


def open_job(job: Job) -> OpenedJob:
    """Check clip, masks and output folder. Raises InputError for what is wrong with them."""
    from vos.run_record import stale_files
    from vos.settings import resolve_device

    earlier = _earlier(job)

    device = resolve_device(job.settings.device).type
    clip = _open_live(job) if job.live else open_clip(job.clip, job.frames, reader=job.reader, device=device)
    prompts = _read_prompts(job, clip)
    labels = _labels(prompts.values(), job.names)
    exports = Exports(settings=job.exports, clip=clip, labels=labels)
    outputs = _outputs(job, clip, exports)
    inputs = [job.clip, *(one.path for one in job.masks)]
    stale = [] if earlier else stale_files(job.out, outputs, overwrite=job.overwrite, inputs=inputs)
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
        earlier=earlier,
    )


def _earlier(job: Job) -> Mapping[str, Any] | None:
    """What run.json says of the run to go on with; None where a run begins. InputError for one that cannot go on."""
    from vos.resume import FOLDER, refuse_unfinished, require_present
    from vos.run_record import holds_run, read_record

    if not job.resume:
        if not job.overwrite:
            refuse_unfinished(job.out)
        return None
    if job.overwrite:
        raise InputError("--resume --overwrite: go on, or start again? give one of them")
    if job.live:
        raise InputError(f"--resume: {job.live} is read as it comes; what went by cannot be read again")
    if not holds_run(job.out):
        return None
    earlier = read_record(job.out)
    if earlier["status"] == "done":
        require_present(job.out, earlier["outputs"])
    elif not (job.out / FOLDER).is_dir():
        raise InputError(
            f"{job.out}: the run ended ({earlier.get('error') or earlier['status']}) and left nothing to go on with; "
            "--overwrite starts again"
        )
    return earlier


def _open_live(job: Job) -> LiveClip:
    """Raises InputError for what needs the clip's end, or the clip twice."""
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
            stem=frame_stem(number) if clip.info.live else clip.stems()[number - clip.frames.start],
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


def _outputs(job: Job, clip: Clip, exports: Exports) -> list[str]:
    """Relative paths of everything that the run may write."""
    masks = [f"{MASKS}/{mask_name(stem)}" for stem in clip.stems()]
    return ["run.json", *masks, TABLE, PLOT, *exports.outputs(), *[CONTACT_SHEET] * job.contact_sheet]
