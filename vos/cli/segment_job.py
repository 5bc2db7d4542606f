"""Images segmented in context into one output folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from vos.cli.job import MASKS
from vos.cli.recorded import describe_model, peak_gpu_memory_mib, recorded
from vos.io import (
    DAVIS_PALETTE,
    DISPLAY_COLOURS,
    ClassMasks,
    find_images,
    hex_colour,
    mask_name,
    object_ids,
    open_image,
    paint_overlay,
    read_class_masks,
    read_image,
    recoloured,
    require_size,
    write_mask,
    write_picture,
    write_soft_mask,
)
from vos.types import Image

if TYPE_CHECKING:
    from seggpt_core.predictor import Prediction
    from seggpt_core.prompt import InContextModel
    from vos.run_record import ImagesRecord
    from vos.settings import ModelSettings

SOFT = "soft"
OVERLAY = "overlay"


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentJob:
    """What is asked for."""

    queries: Sequence[Path]
    """Image files, and folders of them."""
    prompts: Sequence[tuple[Path, Path]]
    """Image and mask of each."""
    out: Path
    settings: "ModelSettings"
    soft: bool = False
    overlay: bool = False
    overwrite: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedSegmentJob:
    """A job whose inputs and output folder have been checked; nothing is written yet."""

    job: SegmentJob
    files: Sequence[Path]
    """Every query."""
    images: Sequence[Image] = field(repr=False)
    """Those of the prompts."""
    masks: ClassMasks = field(repr=False)
    outputs: list[str]
    stale: list[Path]
    """Files of an earlier run, deleted when the run begins."""


def open_job(job: SegmentJob) -> OpenedSegmentJob:
    """Check prompts, queries and output folder. Raises InputError for what is wrong with them.

    Every query is decoded, and let go: one that is damaged is better known before the work than after half of it.
    """
    from vos.run_record import stale_files

    files = find_images(job.queries)
    images = [open_image(image) for image, _ in job.prompts]
    masks = read_class_masks([mask for _, mask in job.prompts])
    for (path, mask), image, ids in zip(job.prompts, images, masks.ids, strict=True):
        require_size(ids, mask, width=image.shape[1], height=image.shape[0], clip=path)
    for file in files:
        open_image(file)
    classes = sorted({identity for ids in masks.ids for identity in object_ids(ids)})
    outputs = _outputs(job, files, classes)
    inputs = [*job.queries, *(path for pair in job.prompts for path in pair)]
    stale = stale_files(job.out, outputs, overwrite=job.overwrite, inputs=inputs)
    return OpenedSegmentJob(job=job, files=files, images=images, masks=masks, outputs=outputs, stale=stale)


def run_job(opened: OpenedSegmentJob, on_image: Callable[[], None]) -> "ImagesRecord":
    """Segment every query, and write masks, pictures and run.json; `on_image` is called once an image.

    Raises InputError for what is refused before the first image is segmented, WorkError for what fails after;
    finished files stay then, and run.json says how it ended.
    """
    from seggpt_core.predictor import Predictor
    from vos.models import build_model
    from vos.run_record import write_record

    job, settings = opened.job, opened.job.settings
    model = build_model(settings)
    prompts = list(zip(opened.images, opened.masks.ids, strict=True))
    predictor = Predictor(model, prompts, pixels=settings.pixels, size=settings.size)
    record = _record(opened, model, predictor.classes)
    started = perf_counter()
    with recorded(job.out, opened.stale, record) as tally:
        for file in opened.files:
            image = read_image(file)
            prediction = predictor.predict(image)
            tally.done += 1
            _write(opened, file.stem, image, prediction)
            on_image()
    timing = _timing(len(opened.files), perf_counter() - started)
    done = record.ended(job.out, "done", timing=timing, gpu_memory_mib=peak_gpu_memory_mib(model))
    write_record(job.out, done)
    return done


def _write(opened: OpenedSegmentJob, stem: str, image: Image, prediction: "Prediction") -> None:
    """Masks and overlays keep the colours that the prompts' masks gave their classes."""
    job, name, colours = opened.job, mask_name(stem), opened.masks.colours
    write_mask(job.out / MASKS / name, prediction.ids, recoloured(DAVIS_PALETTE, colours))
    if job.overlay:
        tinted = paint_overlay(image, prediction.ids, recoloured(DISPLAY_COLOURS, colours))
        write_picture(job.out / OVERLAY / name, tinted)
    if job.soft:
        for identity, plane in prediction.planes():
            write_soft_mask(job.out / SOFT / str(identity) / name, plane)


def _outputs(job: SegmentJob, files: Sequence[Path], classes: Sequence[int]) -> list[str]:
    """Relative paths of everything that the run may write."""
    folders = [MASKS] + [OVERLAY] * job.overlay + [f"{SOFT}/{identity}" for identity in classes if job.soft]
    return ["run.json", *(f"{folder}/{mask_name(file.stem)}" for folder in folders for file in files)]


def _record(opened: OpenedSegmentJob, model: "InContextModel", classes: Sequence[int]) -> "ImagesRecord":
    from seggpt_core.checkpoint import sha256
    from vos.run_record import ImagesRecord, versions

    prompts = [
        {"image": str(image), "image_sha256": sha256(image), "mask": str(mask), "mask_sha256": sha256(mask)}
        for image, mask in opened.job.prompts
    ]
    return ImagesRecord(
        status="running",
        queries=[str(file) for file in opened.files],
        prompts=prompts,
        classes=classes,
        colours={hex_colour(colour): identity for identity, colour in opened.masks.colours.items()},
        settings=opened.job.settings.model_dump(mode="json"),
        model=describe_model(model),
        versions=versions(),
        outputs=opened.outputs,
    )


def _timing(images: int, seconds: float) -> dict[str, float]:
    return {
        "images": images,
        "seconds_total": round(seconds, 3),
        "images_per_second": round(images / seconds, 3),
    }
