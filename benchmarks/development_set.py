"""Real clips to choose by, so that the measured ones stay unseen: the training clips of DAVIS 2016 in its own layout.

    python -m benchmarks.development_set --shard video-davis2016-train.tar --out DEV
    vos evaluate davis2016 --data DEV --no-baselines --out DIR

The shard is one of the training data. `compact` never learns from it, so its figures on these clips are fair ones;
`compact-davis` does. Pictures are 240 pixels high; the first `--frames` of each clip are taken.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import PIL.Image

from seggpt_core.training.data.items import Clip
from seggpt_core.training.data.shards import Library
from vos.io import write_mask

IMAGES = Path("JPEGImages/480p")
ANNOTATIONS = Path("Annotations/480p")
LIST = Path("ImageSets/2016/val.txt")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the set."""
    options = _options(arguments)
    clips = Library.open([options.shard]).clips
    for clip in clips:
        write_clip(clip, options.frames, options.out)
    (options.out / LIST).parent.mkdir(parents=True, exist_ok=True)
    (options.out / LIST).write_text("".join(f"{clip.name}\n" for clip in clips), encoding="utf-8")


def write_clip(clip: Clip, frames: int, root: Path) -> None:
    """The first `frames` of a clip as JPEG, with masks of 0 and 1."""
    for folder in (root / IMAGES / clip.name, root / ANNOTATIONS / clip.name):
        folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(clip.frames[:frames]):
        image, labels = frame.read()
        PIL.Image.fromarray(image).save(root / IMAGES / clip.name / f"{number:05d}.jpg", quality=95, subsampling=0)
        mask = (labels > 0).astype(np.uint8)
        write_mask(root / ANNOTATIONS / clip.name / f"{number:05d}.png", mask)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="development_set.py"
    )
    parser.add_argument("--shard", type=Path, required=True, help="video-davis2016-train.tar")
    parser.add_argument("--frames", type=int, default=40, help="of each clip at most")
    parser.add_argument("--out", type=Path, required=True, help="a new DAVIS 2016 root")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
