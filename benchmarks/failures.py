"""Pictures of what the compact model gets wrong, for its card.

    python -m benchmarks.failures --out docs/images/failures.png

Tracks the made clips of `benchmarks.failure_clips` with the default preset, and writes one sheet: a row a clip, with
how well the worst object of a frame is met (J) in its caption. The last line of stdout has each clip's mean J as JSON.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import failure_clips
from vos.io.contact_sheet import contact_sheet
from vos.io.overlay import paint_overlay
from vos.io.pictures import write_picture
from vos.metrics import region_similarity
from vos.settings import load_tracker
from vos.tracker import build_tracker
from vos.types import Frame, Image, LabelMap

_SHOWN = 4


def main(arguments: Sequence[str] | None = None) -> None:
    """Track, write the sheet and print the result."""
    options = _options(arguments)
    tiles: list[Image] = []
    captions: list[str] = []
    result: dict[str, float] = {}
    for name, draw in failure_clips.CLIPS.items():
        drawn = [draw(index) for index in range(failure_clips.FRAMES)]
        found = list(track([picture for picture, _ in drawn], drawn[0][1], options.tracker))
        scores = [worst_object(truth, ids) for (_, truth), ids in zip(drawn, found, strict=True)]
        result[name] = float(np.mean(scores[1:-1]))
        for index in np.linspace(0, len(drawn) - 1, _SHOWN).round().astype(int):
            tiles.append(paint_overlay(drawn[index][0], found[index]))
            captions.append(f"{name}, frame {index}, J {scores[index]:.2f}")
    write_picture(options.out, contact_sheet(tiles, captions, columns=_SHOWN))
    print(json.dumps(result))


def track(pictures: Sequence[Image], first: LabelMap, preset: str) -> Iterator[LabelMap]:
    """The label map of every picture, the first one's given."""
    tracker = build_tracker(load_tracker(preset))
    for index, picture in enumerate(pictures):
        frame = Frame(index=index, image=picture, stem=f"{index:05d}")
        yield (tracker.step(frame) if index else tracker.start(frame, first)).ids


def worst_object(truth: LabelMap, found: LabelMap) -> float:
    """J of the object that is met least."""
    return min(region_similarity(truth == identity, found == identity) for identity in np.unique(truth[truth > 0]))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="failures.py"
    )
    parser.add_argument("--out", type=Path, required=True, help="a PNG")
    parser.add_argument("--tracker", default="default", help="a preset, or a YAML file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
