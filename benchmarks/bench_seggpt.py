"""Seconds a frame, peak memory and arithmetic of the published ViT-L: fast path, reference path, `transformers`.

    python -m benchmarks.bench_seggpt --prompts 1,3,9 --objects 1 --rounds 1
    python -m benchmarks.bench_seggpt --device cuda --precision bf16 --paths fast,reference,official --rounds 5

One process, the same random weights for all, interleaved. A frame is what a tracker pays for: the new frame is
encoded, as query and as prompt, the set of prompts is prepared and the query is painted. Objects go three a pass,
but in `official`, which is the reference path in float32 with an object a pass. First every path must paint what the
reference path paints in float32: within 1e-4 in float32, and what half precision costs is part of the result.
Progress goes to stderr; the last line of stdout is the result as JSON. `transformers` comes with the extra `parity`.
"""

import argparse
import ctypes
import gc
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import harness
from benchmarks.seggpt_paths import BOUNDS, PATHS, PaintPath, Scene, check, make_scene, reference_path
from seggpt_core.config import SegGPTConfig
from seggpt_core.execution import EXACT, Execution
from seggpt_core.model import SegGPT
from seggpt_core.training.arithmetic import matrix_ceiling

_FORMATS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    device, config = torch.device(options.device), SegGPTConfig()
    execution = Execution(precision=options.precision, compile=options.compile, cuda_graphs=options.cuda_graphs)
    execution.require(device)
    net = SegGPT(config).eval().to(device)
    scenes = {
        f"P={prompts} objects={objects}": make_scene(config, prompts, objects).to(device)
        for prompts, objects in product(options.prompts, options.objects)
    }
    paths = {name: PATHS[name](net, execution) for name in options.paths}
    # Passes of several objects do not know of one another, so one number of objects tells.
    errors = {
        name: check(paths, scene, reference_path(net)(scene), BOUNDS[options.precision])
        for name, scene in scenes.items()
        if scene.objects == options.objects[0]
    }
    flops = {
        f"{case} {name}": count(name, config, net, execution, scene) for case, scene, name in _cases(scenes, paths)
    }
    ceiling = matrix_ceiling(device, _FORMATS[options.precision]) / 1e12 if device.type == "cuda" else None
    peaks: dict[str, float] = {}

    def timed(case: str, path: PaintPath, scene: Scene) -> float:
        seconds, peaks[case] = measure(lambda: path(scene), device)
        harness.tell(f"{case}: {seconds:.3f} s a frame, peak {peaks[case]:.0f} MiB")
        return seconds

    rounds = harness.interleave(
        {
            f"{case} {name}": lambda case=f"{case} {name}", path=paths[name], scene=scene: timed(case, path, scene)  # type: ignore[misc]
            for case, scene, name in _cases(scenes, paths)
        },
        options.rounds,
        harness.ReferenceLoad().time,
    )
    harness.print_result(
        {
            "benchmark": "seggpt",
            "model": "ViT-L, random weights, 448x448 a half",
            "fast_path": {"device": _name(device), **{name: getattr(execution, name) for name in Execution.__slots__}},
            "machine": harness.describe_machine(),
            "threads": options.threads,
            "rounds": options.rounds,
            "reference": harness.describe_reference(rounds),
            "largest_difference_from_reference_in_fp32": errors,
            "matrix_ceiling_tflops": ceiling,
            "cases": {case: _summary(case, rounds, peaks[case], flops[case], ceiling) for case in flops},
            "times_faster": {
                f"{case} than {other}": harness.speedup(rounds, f"{case} fast", f"{case} {other}")
                for case, _, other in _cases(scenes, paths)
                if "fast" in paths and other != "fast"
            },
        }
    )


def _cases(scenes: dict[str, Scene], paths: dict[str, PaintPath]) -> list[tuple[str, Scene, str]]:
    return [(case, scene, name) for (case, scene), name in product(scenes.items(), paths)]


def measure(work: Callable[[], object], device: torch.device) -> tuple[float, float]:
    """Seconds, and the most memory held meanwhile in MiB: the process's (Linux), or the GPU's."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        began = time.perf_counter()
        work()
        torch.cuda.synchronize(device)
        return time.perf_counter() - began, torch.cuda.max_memory_allocated(device) / 2**20
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    status = Path("/proc/self/status").read_text()
    return seconds, int(status.split("VmHWM:")[1].split()[0]) / 1024


def count(name: str, config: SegGPTConfig, net: SegGPT, execution: Execution, scene: Scene) -> float:
    """TFLOP of one path: on a CPU from shapes alone, on a GPU of what its own kernels execute."""
    if net.pos_embed.is_cuda:
        return count_flops(PATHS[name](net, Execution(precision=execution.precision)), scene)
    return count_flops(PATHS[name](_meta_net(config), EXACT), scene.to(torch.device("meta")))


def count_flops(path: PaintPath, scene: Scene) -> float:
    """Arithmetic of matrix products, convolutions and fused attention, in TFLOP."""
    path(scene)  # what is kept from earlier frames is not counted
    with FlopCounterMode(display=False) as counter:
        path(scene)
    return float(counter.get_total_flops()) / 1e12


def _meta_net(config: SegGPTConfig) -> SegGPT:
    with torch.device("meta"):
        return SegGPT(config).eval()


def _summary(
    case: str, rounds: Sequence[harness.Round], peak: float, flops: float, ceiling: float | None
) -> dict[str, Any]:
    summary = harness.summarise(rounds, case)
    return {
        "seconds_per_frame": 1 / summary["per_second"],
        "reference_loads_per_frame": summary["reference_loads_per_unit"],
        "tflop_per_frame": flops,
        "share_of_ceiling": None if ceiling is None else flops * summary["per_second"] / ceiling,
        "peak_memory_mib": peak,
    }


def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=harness.numbers, default=[1, 3, 9], metavar="P,P")
    parser.add_argument("--objects", type=harness.numbers, default=[1, 4], metavar="N,N")
    parser.add_argument(
        "--paths", type=lambda text: text.split(","), default=["fast", "reference", "transformers"], metavar="NAME,NAME"
    )
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", choices=list(BOUNDS), default="fp32", help="of the fast and the reference path")
    parser.add_argument("--compile", action="store_true", help="the fast path's blocks")
    parser.add_argument("--cuda-graphs", action="store_true", help="in the fast path")
    options = parser.parse_args(arguments)
    if min(*options.prompts, *options.objects, options.rounds, options.threads) < 1 or set(options.paths) - set(PATHS):
        parser.error(f"prompts, objects, rounds and threads must be at least 1, paths among {', '.join(PATHS)}")
    return options


if __name__ == "__main__":
    main()
