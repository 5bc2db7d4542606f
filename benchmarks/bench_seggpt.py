"""Seconds a frame, peak memory and arithmetic of the published ViT-L: fast path, reference path, `transformers`.

    python -m benchmarks.bench_seggpt --prompts 1,3,9 --objects 1 --rounds 1

One process, the same random weights for all, interleaved. A frame is what a tracker pays for: the new frame is
encoded, as query and as prompt, the set of prompts is prepared and the query is painted. Objects go three a pass,
in all three alike. First the fast path must equal the reference within 1e-4 and, with one prompt, `transformers`
(its ensemble of several differs from the official one). Progress goes to stderr; the last line of stdout is the
result as JSON. `transformers` comes with the extra `parity`.
"""

import argparse
import ctypes
import gc
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import harness
from benchmarks.port import port_of
from seggpt_core.config import SegGPTConfig
from seggpt_core.model import SegGPT
from seggpt_core.palette import TETRAHEDRON
from seggpt_core.published import Published
from seggpt_core.stacking import denormalise, normalise, query_colours, stack_canvases

MOST = 1e-4
"""Absolute, on colours in 0..1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Pictures (K+1, 3, a, b), the last the query, and targets (P, K, 3, a, b), all in 0..1."""

    pictures: Tensor
    targets: Tensor

    def on_meta(self) -> "Scene":
        """Shapes alone, to count arithmetic with."""
        return Scene(pictures=self.pictures.to("meta"), targets=self.targets.to("meta"))


Path_ = Callable[[Scene], Tensor]
"""Paints the query, (P, 3, a, b)."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    config = SegGPTConfig()
    net = SegGPT(config).eval()
    paths = {name: make(net) for name, make in PATHS.items() if name in options.paths}
    scenes = {
        (prompts, objects): make_scene(config, prompts, math.ceil(objects / TETRAHEDRON.slots))
        for prompts, objects in product(options.prompts, options.objects)
    }
    errors = {f"P={prompts}": check(paths, scenes[prompts, options.objects[0]]) for prompts in options.prompts}
    peaks: dict[str, float] = {}

    def timed(name: str, scene: Scene, path: Path_) -> float:
        seconds, peaks[name] = measure(lambda: path(scene))
        _tell(f"{name}: {seconds:.1f} s a frame, peak {peaks[name]:.0f} MiB")
        return seconds

    names = {
        f"P={prompts} objects={objects} {name}": (scene, path)
        for (prompts, objects), scene in scenes.items()
        for name, path in paths.items()
    }
    counted = {name: make(_meta_net(config)) for name, make in PATHS.items() if name in paths}
    flops = {
        f"P={prompts} objects={objects} {name}": count_flops(path, scene.on_meta())
        for (prompts, objects), scene in scenes.items()
        for name, path in counted.items()
    }
    rounds = harness.interleave(
        {name: lambda name=name, case=case: timed(name, *case) for name, case in names.items()},  # type: ignore[misc]
        options.rounds,
        harness.ReferenceLoad().time,
    )
    harness.print_result(
        {
            "benchmark": "seggpt",
            "model": "ViT-L, random weights, float32, 448x448 a half",
            "machine": harness.describe_machine(),
            "threads": options.threads,
            "rounds": options.rounds,
            "reference": harness.describe_reference(rounds),
            "largest_difference_from_reference": errors,
            "cases": {name: _case(name, rounds, peaks[name], flops[name]) for name in names},
            "times_faster": {
                f"P={prompts} objects={objects} than {other}": harness.speedup(
                    rounds, f"P={prompts} objects={objects} fast", f"P={prompts} objects={objects} {other}"
                )
                for (prompts, objects), other in product(scenes, set(paths) - {"fast"})
                if "fast" in paths
            },
        }
    )


def make_scene(config: SegGPTConfig, prompts: int, passes: int) -> Scene:
    """Random pictures and targets: the arithmetic does not depend on what they show."""
    size = (config.canvas[0] // 2, config.canvas[1])
    return Scene(pictures=torch.rand(prompts + 1, 3, *size), targets=torch.rand(passes, prompts, 3, *size))


def fast_path(net: SegGPT) -> Path_:
    """The four calls, with earlier prompts kept as a tracker keeps them."""
    model = Published(net, "seggpt", "0" * 64, net.pos_embed.device)
    kept: dict[int, list[Any]] = {}

    def paint(scene: Scene) -> Tensor:
        *earlier, newest = range(scene.targets.shape[1])
        if id(scene) not in kept:
            kept[id(scene)] = [
                model.encode_prompts(model.encode_frame(scene.pictures[one]), scene.targets[:, one]) for one in earlier
            ]
        frame = model.encode_frame(scene.pictures[newest])
        prompts = [*kept[id(scene)], model.encode_prompts(frame, scene.targets[:, newest])]
        return model.segment(model.encode_frame(scene.pictures[-1]), model.prepare(prompts))

    return paint


def reference_path(net: SegGPT) -> Path_:
    """Every canvas computed whole, a pass at a time."""

    @torch.inference_mode()
    def paint(scene: Scene) -> Tensor:
        passes = [
            stack_canvases(scene.pictures[None, :-1], targets[None], scene.pictures[None, -1], net.config.patch)
            for targets in scene.targets
        ]
        return torch.cat([query_colours(net(*canvases, "instance")) for canvases in passes])

    return paint


def transformers_path(net: SegGPT) -> Path_:
    """The port with the same parameters, a pass at a time, with its own feature ensemble."""
    port = port_of(net)

    @torch.inference_mode()
    def paint(scene: Scene) -> Tensor:
        prompts, query = normalise(scene.pictures[:-1]), normalise(scene.pictures[-1:])
        passes = [
            port(
                pixel_values=query.expand_as(prompts),
                prompt_pixel_values=prompts,
                prompt_masks=normalise(targets),
                feature_ensemble=len(prompts) > 1,
                embedding_type="instance",
            ).pred_masks[:1]
            for targets in scene.targets
        ]
        painted = torch.cat(passes)
        return denormalise(painted[..., painted.shape[-2] // 2 :, :])

    return paint


PATHS: dict[str, Callable[[SegGPT], Path_]] = {
    "fast": fast_path,
    "reference": reference_path,
    "transformers": transformers_path,
}


class WrongOutput(Exception):
    """The paths do not agree; a time would mean nothing."""


def check(paths: dict[str, Path_], scene: Scene) -> dict[str, float]:
    """Each path's largest difference from the reference path; WrongOutput above the bound."""
    if "reference" not in paths:
        return {}
    expected = paths["reference"](scene)
    errors = {name: float((path(scene) - expected).abs().max()) for name, path in paths.items() if name != "reference"}
    held = {name for name in errors if name != "transformers" or scene.targets.shape[1] == 1}
    if any(not errors[name] <= MOST for name in held):
        raise WrongOutput(f"differences from the reference path: {errors}; at most {MOST} is right")
    return errors


def measure(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and the process's greatest resident size meanwhile in MiB (Linux)."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    status = Path("/proc/self/status").read_text()
    return seconds, int(status.split("VmHWM:")[1].split()[0]) / 1024


def count_flops(path: Path_, scene: Scene) -> float:
    """Arithmetic of matrix products, convolutions and fused attention, in TFLOP."""
    path(scene)  # what is kept from earlier frames is not counted
    with FlopCounterMode(display=False) as counter:
        path(scene)
    return float(counter.get_total_flops()) / 1e12


def _meta_net(config: SegGPTConfig) -> SegGPT:
    with torch.device("meta"):
        return SegGPT(config).eval()


def _case(name: str, rounds: Sequence[harness.Round], peak: float, flops: float) -> dict[str, Any]:
    summary = harness.summarise(rounds, name)
    return {
        "seconds_per_frame": 1 / summary["per_second"],
        "reference_loads_per_frame": summary["reference_loads_per_unit"],
        "tflop_per_frame": flops,
        "peak_memory_mib": peak,
    }


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=_numbers, default=[1, 3, 9], metavar="P,P")
    parser.add_argument("--objects", type=_numbers, default=[1, 4], metavar="N,N")
    parser.add_argument("--paths", type=lambda text: text.split(","), default=list(PATHS), metavar="NAME,NAME")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    if min(*options.prompts, *options.objects, options.rounds, options.threads) < 1 or set(options.paths) - set(PATHS):
        parser.error(f"prompts, objects, rounds and threads must be at least 1, paths among {', '.join(PATHS)}")
    return options


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
