"""What finishing a matte costs, and what it does to its error against a known alpha.

    python -m benchmarks.bench_mattes --data ROOT/train
    python -m benchmarks.bench_mattes --data ROOT/train --sweep --scenes 40

Cut-outs with true alpha move over moving backgrounds. Soft masks are the true alpha averaged to the model's resolution
and resized, which is the best that a model can see (`averaged`), and those of the embedded model, tracked from a first
mask (`tracked`). Each is finished in every way, compared with the true alpha, and timed in interleaved rounds.
`--sweep` compares the guided filter's parameters instead, and times nothing. Progress goes to stderr; the last line of
stdout is the result as JSON.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import harness
from benchmarks.matte_scenes import Scene, Shot, scenes
from seggpt_core import canvas
from seggpt_core.checkpoint import embedded_weights, sha256
from vos.matte.refine import CLOSED_FORM, GUIDED, Drawing, refine
from vos.matte.shape import despeckled, feathered, grown
from vos.metrics import boundary_f
from vos.settings import load_tracker
from vos.tracker import build_tracker
from vos.types import Frame, Image, Plane

Finishing = Callable[[Image, Plane, float], Plane]

_OUTPUT_STRIDE = 2
"""The embedded model paints at half its input's size."""
_EDGE = 8
"""Pixels around every true edge over which the error is taken."""

FINISHINGS: Mapping[str, Finishing] = {
    "none": lambda image, alpha, pixel: alpha,
    "guided": lambda image, alpha, pixel: refine(image, alpha, "guided", pixel),
    "closed-form": lambda image, alpha, pixel: refine(image, alpha, "closed-form", pixel),
    "despeckle 64": lambda image, alpha, pixel: despeckled(alpha, 64, round(2 * pixel)),
    "grow 2": lambda image, alpha, pixel: grown(alpha, 2),
    "shrink 2": lambda image, alpha, pixel: grown(alpha, -2),
    "feather 4": lambda image, alpha, pixel: feathered(alpha, 4),
}
SWEPT: Mapping[str, Sequence[float]] = {
    "reach": (0.5, 1.0, 1.5, 2.0, 3.0),
    "radius": (0.5, 1.0, 1.5, 2.0, 3.0),
    "steepness": (1.0, 1.5, 2.0, 3.0),
    "epsilon": (1e-5, 1e-4, 1e-3, 1e-2),
}
REFINEMENTS = ("guided", "closed-form")
"""They must bring a matte nearer to the truth; the others change it as its user wants."""


class WrongOutput(Exception):
    """The mattes are not what they must be; a time would mean nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A picture, its true alpha, and a soft mask of it."""

    image: Image
    truth: Plane
    soft: Plane
    pixel: float


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    cv2.setNumThreads(options.threads)
    chosen = scenes(options.data, options.scenes)
    size = (options.size[0], options.size[1])
    inputs = {"averaged": [one for scene in chosen for one in averaged(scene, options.frames, size)]}
    if not options.no_tracking:
        inputs["tracked"] = [one for scene in chosen for one in tracked(scene, options.frames, size)]
    harness.tell(f"{len(chosen)} scenes, {len(inputs['averaged'])} pictures")
    result: dict[str, Any] = {
        "benchmark": "mattes",
        "size": list(size),
        "scenes": len(chosen),
        "frames": options.frames,
        "edge_pixels": _EDGE,
        "machine": harness.describe_machine(),
        "weights_sha256": sha256(embedded_weights("compact")),
    }
    if options.sweep:
        result["sweep"] = {name: sweep(cases) for name, cases in inputs.items()}
    else:
        result |= measured(inputs, options)
    harness.print_result(result)


def averaged(scene: Scene, frames: int, size: tuple[int, int]) -> list[Case]:
    """The true alpha as a model of the embedded one's resolution sees it at best."""
    height, width = (side // _OUTPUT_STRIDE for side in canvas.fit_size(*size, load_tracker().pixels, 16))
    return [_averaged(shot, (height, width)) for shot in scene.shots(frames, size)]


def tracked(scene: Scene, frames: int, size: tuple[int, int]) -> list[Case]:
    """What the embedded model makes of the scene, from the first true mask."""
    tracker = build_tracker(load_tracker())
    cases = []
    for index, shot in enumerate(scene.shots(frames + 1, size)):
        frame = Frame(index=index, image=shot.image, stem=f"{index:05d}")
        if index == 0:
            tracker.start(frame, (shot.alpha >= 0.5).astype(np.uint8))
            continue
        soft = tracker.step(frame).soft
        if soft is None:
            raise WrongOutput("the tracker gave no soft masks")
        ((_, plane),) = soft.planes()
        cases.append(Case(image=shot.image, truth=shot.alpha, soft=plane, pixel=soft.pixel))
    return cases


def measured(inputs: Mapping[str, Sequence[Case]], options: argparse.Namespace) -> dict[str, Any]:
    """Errors of every way, checked, then their cost."""
    errors = {
        name: {way: compared(cases, finishing) for way, finishing in FINISHINGS.items()}
        for name, cases in inputs.items()
    }
    check(errors)
    timed = inputs["averaged"][: options.timed]
    rounds = harness.interleave(
        {way: partial(_seconds, timed, finishing) for way, finishing in FINISHINGS.items()},
        options.rounds,
        harness.ReferenceLoad().time,
    )
    cost = {
        way: {
            "milliseconds": 1000 / harness.summarise(rounds, way)["per_second"],
            "reference_loads": harness.summarise(rounds, way)["reference_loads_per_unit"],
        }
        for way in FINISHINGS
    }
    told = {"errors": errors, "cost_a_matte": cost, "threads": options.threads, "rounds": options.rounds}
    return told | {
        "reference": harness.describe_reference(rounds),
        "guided": asdict(GUIDED),
        "closed_form_reach": CLOSED_FORM.reach,
    }


def compared(cases: Sequence[Case], finishing: Finishing) -> dict[str, float]:
    """Mean absolute error of alpha over the whole picture and near its edges, in levels of 255, and mean F."""
    rows = []
    for case in cases:
        alpha = finishing(case.image, case.soft, case.pixel)
        if alpha.shape != case.truth.shape or not (alpha.min() >= 0 and alpha.max() <= 1):
            raise WrongOutput(f"a matte of {alpha.shape} and {alpha.min()}..{alpha.max()} for {case.truth.shape}")
        error = 255 * np.abs(alpha - case.truth)
        rows.append((error.mean(), error[_near_edge(case.truth)].mean(), boundary_f(case.truth >= 0.5, alpha >= 0.5)))
    whole, edge, f = np.mean(rows, axis=0).tolist()
    return {"alpha_error": whole, "alpha_error_at_edges": edge, "f": f}


def check(errors: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    """WrongOutput unless refining the best that a model can see brings it nearer to the truth."""
    best = errors["averaged"]
    for way in REFINEMENTS:
        if best[way]["alpha_error_at_edges"] >= best["none"]["alpha_error_at_edges"]:
            raise WrongOutput(f"{way}: an error of {best[way]}, without it {best['none']}")


def sweep(cases: Sequence[Case]) -> list[dict[str, float]]:
    """Errors of the guided filter with one parameter changed, and of no refinement."""
    rows: list[dict[str, float]] = [compared(cases, FINISHINGS["none"])]
    for name, values in SWEPT.items():
        for value in values:
            how = replace(GUIDED, **{name: value})
            rows.append(asdict(how) | compared(cases, partial(_guided, how=how)))
            harness.tell(f"{rows[-1]}")
    return rows


def _guided(image: Image, alpha: Plane, pixel: float, how: Drawing) -> Plane:
    return refine(image, alpha, "guided", pixel, how)


def _averaged(shot: Shot, size: tuple[int, int]) -> Case:
    height, width = shot.alpha.shape
    small = cv2.resize(shot.alpha, size[::-1], interpolation=cv2.INTER_AREA)
    soft = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return Case(image=shot.image, truth=shot.alpha, soft=soft, pixel=max(height / size[0], width / size[1]))


def _near_edge(truth: Plane) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _EDGE + 1, 2 * _EDGE + 1))
    return np.asarray(cv2.dilate(truth, kernel) - cv2.erode(truth, kernel) > 0)


def _seconds(cases: Sequence[Case], finishing: Finishing) -> float:
    """Seconds a matte."""
    began = time.perf_counter()
    for case in cases:
        finishing(case.image, case.soft, case.pixel)
    return (time.perf_counter() - began) / len(cases)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of cutouts.tar and backgrounds.tar")
    parser.add_argument("--scenes", type=int, default=24)
    parser.add_argument("--frames", type=int, default=3, help="of each scene")
    parser.add_argument("--size", type=lambda text: [int(part) for part in text.split(",")], default=[480, 854])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--timed", type=int, default=8, help="pictures a round")
    parser.add_argument("--threads", type=int, default=2, help="of OpenCV")
    parser.add_argument("--no-tracking", action="store_true", help="leave out the embedded model's masks")
    parser.add_argument("--sweep", action="store_true", help="compare parameters")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
