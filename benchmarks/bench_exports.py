"""What each kind of export costs a frame: seconds in the writer's thread, and bytes.

    python -m benchmarks.bench_exports
    python -m benchmarks.bench_exports --size 1080,1920 --frames 12

A made clip is encoded once as H.264 and read; its discs, blurred, are the soft masks, all objects together and not
refined (`bench_mattes` times that). Each kind writes the same frames; movies are read back and counted before anything
is timed. Progress goes to stderr; the last line of stdout is the result as JSON.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from benchmarks import harness
from benchmarks.made_clip import label_map, write_clip
from vos.exports import KINDS, Exports, ExportSettings
from vos.io import Clip, MaskWriter, open_clip
from vos.matte import Edges
from vos.types import Frame, Plane, Segmentation, Sink

MASKS = "masks"
"""What every run writes, for comparison."""
_BLUR = 1.5


class WrongOutput(Exception):
    """The files are not what they must be; a time would mean nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Discs:
    """Soft masks of one frame: a single plane, as object 1."""

    plane: Plane = field(repr=False)
    pixel: float = 1.0

    def planes(self) -> Iterator[tuple[int, Plane]]:
        yield 1, self.plane


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    size = (options.size[0], options.size[1])
    with tempfile.TemporaryDirectory() as scratch:
        write_clip(Path(scratch) / "clip.mp4", options.frames, size)
        clip = open_clip(Path(scratch) / "clip.mp4")
        shown = [(frame, _segmentation(frame.index, size)) for frame in clip]
        kinds = (MASKS, *options.kinds)
        sizes = {kind: check(clip, shown, kind, Path(scratch) / "checked" / kind) for kind in kinds}
        harness.tell(f"{len(kinds)} kinds give what they must")
        rounds = harness.interleave(
            {kind: partial(seconds_per_frame, clip, shown, kind, Path(scratch) / "timed" / kind) for kind in kinds},
            options.rounds,
            harness.ReferenceLoad().time,
        )
    harness.print_result(_result(options, kinds, sizes, rounds))


def check(clip: Clip, shown: Sequence[tuple[Frame, Segmentation]], kind: str, out: Path) -> int:
    """Bytes a frame; WrongOutput unless there is a picture a frame."""
    write(clip, shown, kind, out)
    files = [path for path in out.rglob("*") if path.is_file() and path.name != "timestamps.csv"]
    counted = sum(pictures(path) for path in files)
    if counted != len(shown):
        raise WrongOutput(f"{kind}: {counted} pictures for {len(shown)} frames")
    return sum(path.stat().st_size for path in files) // len(shown)


def seconds_per_frame(clip: Clip, shown: Sequence[tuple[Frame, Segmentation]], kind: str, out: Path) -> float:
    began = time.perf_counter()
    write(clip, shown, kind, out)
    return (time.perf_counter() - began) / len(shown)


def write(clip: Clip, shown: Sequence[tuple[Frame, Segmentation]], kind: str, out: Path) -> None:
    """All frames, as a run writes them."""
    sinks: list[Sink] = [MaskWriter(out)]
    if kind != MASKS:
        settings = ExportSettings(kinds=(kind,), edges=Edges() if kind in ("overlay", "rle") else Edges(refine="none"))
        sinks = Exports(settings=settings, clip=clip, labels={1: "1"}).sinks(out)
    for frame, segmentation in shown:
        for sink in sinks:
            sink.write(frame, segmentation)
    for sink in sinks:
        sink.close()


def pictures(path: Path) -> int:
    """How many pictures a file holds: one an image, one a frame in movies and COCO files."""
    if path.suffix == ".json":
        return path.read_text().count('"file_name"')
    if path.suffix in (".png", ".exr"):
        return 1
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def _segmentation(index: int, size: tuple[int, int]) -> Segmentation:
    ids = (label_map(index, size) > 0).astype(np.uint8)
    plane = cv2.GaussianBlur(ids.astype(np.float32), (0, 0), _BLUR)
    return Segmentation(index=index, ids=ids, soft=Discs(plane=plane))


def _result(
    options: argparse.Namespace, kinds: Sequence[str], sizes: dict[str, int], rounds: Sequence[harness.Round]
) -> dict[str, Any]:
    summaries = {kind: harness.summarise(rounds, kind) for kind in kinds}
    return {
        "benchmark": "exports",
        "size": options.size,
        "frames": options.frames,
        "machine": harness.describe_machine(),
        "rounds": options.rounds,
        "reference": harness.describe_reference(rounds),
        "kinds": {
            kind: {
                "milliseconds_a_frame": 1000 / one["per_second"],
                "reference_loads_a_frame": one["reference_loads_per_unit"],
                "bytes_a_frame": sizes[kind],
            }
            for kind, one in summaries.items()
        },
    }


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=lambda text: [int(part) for part in text.split(",")], default=[480, 854])
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=list(KINDS), metavar="KIND,KIND")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
