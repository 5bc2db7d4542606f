"""Real clips to choose by, so that the measured ones stay unseen: the training clips of DAVIS 2016 in DAVIS's layout.

    python -m benchmarks.development_set --shard video-davis2016-train.tar --out DEV
    vos evaluate davis2016 --data DEV --no-baselines --out DIR
    python -m benchmarks.development_set --shard video-davis2016-train.tar --stacked --out DEV2
    vos evaluate davis2017 --data DEV2 --no-baselines --out DIR
    python -m benchmarks.development_set --shard video-davis2016-train.tar --skip 40 --frames 60 --out REST
    vos evaluate davis2016 --data REST --no-baselines --out DIR

The shard is one of the training data. `compact` never learns from it, so its figures on these clips are fair ones;
`compact-davis` does. Pictures are 240 pixels high; the first `--frames` of each clip are taken. With `--stacked` two
clips at a time lie one above the other, as objects 1 and 2 of one clip: several objects whose true masks are known.
With `--skip` a clip begins later: what the choices by the first frames did not see.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import PIL.Image

from benchmarks import harness
from seggpt_core.training.data.items import Clip
from seggpt_core.training.data.shards import Library
from vos.io import write_mask

IMAGES = Path("JPEGImages/480p")
ANNOTATIONS = Path("Annotations/480p")

LEAST_FRAMES = 3
"""Of a clip: the first and the last one are not scored."""

Frames = Iterable[tuple[np.ndarray, np.ndarray]]
"""Images (H, W, 3) and label maps (H, W), uint8."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the set."""
    options = _options(arguments)
    span = slice(options.skip, options.skip + options.frames)
    clips = long_enough(Library.open([options.shard]).clips, span)
    named = stacked(clips, span) if options.stacked else single(clips, span)
    names = [write_clip(name, frames, options.out) for name, frames in named]
    listed = options.out / "ImageSets" / ("2017" if options.stacked else "2016") / "val.txt"
    listed.parent.mkdir(parents=True, exist_ok=True)
    listed.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


def long_enough(clips: Sequence[Clip], span: slice) -> list[Clip]:
    """Clips with enough frames in `span` to be scored; the others are named."""
    kept = [clip for clip in clips if len(clip.frames[span]) >= LEAST_FRAMES]
    for clip in clips:
        if clip not in kept:
            harness.tell(f"{clip.name} is left out: it has {len(clip.frames)} frames")
    return kept


def single(clips: Sequence[Clip], span: slice) -> Iterator[tuple[str, Frames]]:
    """Each clip by its name."""
    return ((clip.name, list(_read(clip, span))) for clip in clips)


def stacked(clips: Sequence[Clip], span: slice) -> Iterator[tuple[str, Frames]]:
    """Clips of one size in pairs, in the order of their names, each pair as long as its shorter clip. An odd clip is
    left out, and named."""
    read = [(clip.name, list(_read(clip, span))) for clip in clips]
    for _, alike in groupby(sorted(read, key=_size), key=_size):
        members = list(alike)
        if len(members) % 2:
            harness.tell(f"{members.pop()[0]} is left out: no other clip of its size is left for it")
        for (above, first), (below, second) in zip(members[::2], members[1::2], strict=True):
            length = min(len(first), len(second))
            pairs = zip(first[:length], second[:length], strict=True)
            yield f"{above}_{below}", [_stack(*pair) for pair in pairs]


def write_clip(name: str, frames: Frames, root: Path) -> str:
    """Frames as JPEG, with their label maps; returns the name."""
    for folder in (root / IMAGES / name, root / ANNOTATIONS / name):
        folder.mkdir(parents=True, exist_ok=True)
    for number, (image, labels) in enumerate(frames):
        PIL.Image.fromarray(image).save(root / IMAGES / name / f"{number:05d}.jpg", quality=95, subsampling=0)
        write_mask(root / ANNOTATIONS / name / f"{number:05d}.png", labels)
    return name


def _read(clip: Clip, span: slice) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Its frames in `span`, with masks of 0 and 1."""
    for frame in clip.frames[span]:
        image, labels = frame.read()
        yield image, (labels > 0).astype(np.uint8)


def _size(named: tuple[str, list[tuple[np.ndarray, np.ndarray]]]) -> tuple[int, ...]:
    return named[1][0][1].shape


def _stack(above: tuple[np.ndarray, np.ndarray], below: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([above[0], below[0]]), np.concatenate([above[1], 2 * below[1]])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="development_set.py"
    )
    parser.add_argument("--shard", type=Path, required=True, help="video-davis2016-train.tar")
    parser.add_argument("--skip", type=int, default=0, help="frames at the beginning of each clip")
    parser.add_argument("--frames", type=int, default=40, help="of each clip at most")
    parser.add_argument("--stacked", action="store_true", help="two clips at a time, one above the other")
    parser.add_argument("--out", type=Path, required=True, help="a new DAVIS root, of 2017 if stacked, else of 2016")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
