"""Hold both paths of the published model to figures that the official code gave.

    python -m benchmarks.parity FILE.npz

FILE holds `weights/<official name>`, `query` (3, a, b), `prompt_images` and `prompt_targets` (n, 3, a, b), all
normalised, and runs: `<run>/output` (K, 3, 2a, b), `<run>/loss`, and any `<run>/blockNN` (batch, 2h, w, D). A run
whose name holds "semantic" takes that type token; its K prompts are one ensemble, or, where the name holds
"no_ensemble", K canvases apart. The reference path is held to all of it, the fast path to each value that it
computes. A line for each run, path and stage; the last line is the result as JSON, where `max_abs` is null if a
difference is no number or shapes differ. Exit status 1 above 1e-5, 2 for a file that cannot be read.
"""

import argparse
import json
import math
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from seggpt_core import fast
from seggpt_core.formats import published_config
from seggpt_core.halves import Halves
from seggpt_core.model import Kind, SegGPT, painting_loss

MOST = 1e-5
"""Absolute, float32."""
_WEIGHTS = "weights/"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One recorded run."""

    name: str
    kind: Kind
    queries: int
    prompts: int
    """For each query."""
    recorded: Mapping[str, Tensor]
    """By stage."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One comparison."""

    path: str
    run: str
    name: str
    error: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    path = parser.parse_args(arguments).file
    try:
        figures = _read(path)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        parser.error(f"{path}: not a readable .npz file of arrays ({error})")
    stages = []
    for stage in compare(figures):
        stages.append(stage)
        verdict = "" if stage.error <= MOST else "  ABOVE THE BOUND"
        print(f"{stage.run:36s} {stage.path:9s} {stage.name:20s} {stage.error:.2e}{verdict}")
    worst = float(np.max([stage.error for stage in stages]))  # unlike max(), it keeps NaN
    told = worst if math.isfinite(worst) else None
    print(json.dumps({"max_abs": told, "runs": len({stage.run for stage in stages}), "stages": len(stages)}))
    sys.exit(0 if worst <= MOST else 1)


@torch.inference_mode()
def compare(figures: Mapping[str, Tensor]) -> Iterator[Stage]:
    """Every comparison of both paths with the figures, by run."""
    net = _network(figures)
    for run in _runs(figures):
        images, targets = _canvases(figures, run)
        for path, found in (
            ("reference", _by_reference(net, run, images, targets)),
            ("fast", _by_fast_path(net, run, images, targets)),
        ):
            for name, (value, expected) in found.items():
                yield Stage(path=path, run=run.name, name=name, error=_difference(value, expected))


def _difference(found: Tensor, recorded: Tensor) -> float:
    return float((found - recorded).abs().max()) if found.shape == recorded.shape else math.inf


Compared = dict[str, tuple[Tensor, Tensor]]
"""By stage: what was found, and what is recorded."""


def _by_reference(net: SegGPT, run: Run, images: Tensor, targets: Tensor) -> Compared:
    found: dict[str, Tensor] = {}
    hooks = [
        block.register_forward_hook(lambda _, __, output, name=f"block{index:02d}": found.update({name: output}))
        for index, block in enumerate(net.blocks)
    ]
    masked = torch.zeros(images.shape[-2] // net.config.patch, images.shape[-1] // net.config.patch, dtype=torch.bool)
    masked[len(masked) // 2 :] = True
    painted = net(images, targets, masked, run.kind)
    for hook in hooks:
        hook.remove()
    half = painted.shape[-2] // 2
    output = run.recorded["output"].unflatten(0, (run.queries, run.prompts))
    compared = {
        "output, prompt half": (painted[..., :half, :], output[..., :half, :]),
        "output, query half": (painted[..., half:, :], output[..., half:, :]),
    }
    if "loss" in run.recorded:
        loss = painting_loss(painted, targets, masked, torch.ones(1, dtype=torch.bool))
        compared["loss"] = (loss, run.recorded["loss"])
    blocks = {name: (found[name].flatten(0, 1), value) for name, value in run.recorded.items() if name in found}
    return blocks | compared


def _by_fast_path(net: SegGPT, run: Run, images: Tensor, targets: Tensor) -> Compared:
    """A query at a time. The shared half is held to the query's rows of every canvas."""
    upper, query = images.chunk(2, dim=-2)
    painted = targets.chunk(2, dim=-2)[0]
    compared: Compared = {}
    for index in range(run.queries):
        name = f", query {index}" if run.queries > 1 else ""
        prompts, frame = fast.embed(net, upper[index]), fast.embed(net, query[index, 0])
        target_patches = fast.embed(net, painted[index])[None]
        for block, found in _fast_blocks(net, prompts, frame, target_patches, run.kind):
            stage = f"block{block:02d}"
            if stage in run.recorded:
                streams = run.recorded[stage].unflatten(0, (-1, run.queries, run.prompts))[:, index]
                compared |= {f"{stage}{part}{name}": pair for part, pair in _halves(found, streams).items()}
        stream = fast.target_stream(net, target_patches, run.kind)
        output = run.recorded["output"].unflatten(0, (run.queries, run.prompts))[index, :1]
        colours = fast.paint(net, prompts, frame, stream, run.kind)
        compared[f"output{name}"] = (colours, output[..., output.shape[-2] // 2 :, :])
    return compared


def _fast_blocks(
    net: SegGPT, prompts: Tensor, frame: Tensor, targets: Tensor, kind: Kind
) -> Iterator[tuple[int, Halves]]:
    """Index and output of every block; before the merge both streams, the images' first."""
    streams = zip(
        fast.image_blocks(net, prompts[None], frame[None], kind), fast.target_blocks(net, targets, kind), strict=True
    )
    for index, (seen, painted) in enumerate(streams):
        yield index, Halves(*(torch.cat(parts) for parts in zip(seen, painted, strict=True)))
        last = fast.merge(seen, painted)
    grid = (frame.shape[0], frame.shape[1])
    for index, halves in fast.merged_blocks(net, last, grid):
        if index > net.config.merge_after:
            yield index, halves


def _halves(found: Halves, recorded: Tensor) -> Compared:
    """recorded: (streams, K, 2h, w, D) canvases. Of the last block only canvas 0's last prompt row is found."""
    upper, lower = (half.flatten(2, 3) for half in recorded.chunk(2, dim=2))
    whole = found.prompts.shape == upper.shape
    prompts = upper if whole else upper[:, :1, -found.prompts.shape[2] :]
    query = found.query[:, None].expand_as(lower)
    return {" prompts": (found.prompts, prompts), " query": (query, lower)}


def _network(figures: Mapping[str, Tensor]) -> SegGPT:
    weights = {name[len(_WEIGHTS) :]: value for name, value in figures.items() if name.startswith(_WEIGHTS)}
    net = SegGPT(published_config(weights)).eval()
    net.load_state_dict(weights)
    return net


def _runs(figures: Mapping[str, Tensor]) -> list[Run]:
    names = dict.fromkeys(name.split("/")[0] for name in figures if "/" in name and not name.startswith(_WEIGHTS))
    runs = []
    for name in names:
        recorded = {key[len(name) + 1 :]: value for key, value in figures.items() if key.startswith(f"{name}/")}
        canvases = len(recorded["output"])
        queries = canvases if "no_ensemble" in name else 1
        kind: Kind = "semantic" if "semantic" in name else "instance"
        runs.append(Run(name=name, kind=kind, queries=queries, prompts=canvases // queries, recorded=recorded))
    return runs


def _canvases(figures: Mapping[str, Tensor], run: Run) -> tuple[Tensor, Tensor]:
    """Images and targets (Q, K, 3, 2a, b); the target is there twice, for the loss."""
    count = run.queries * run.prompts
    images, targets = figures["prompt_images"][:count], figures["prompt_targets"][:count]
    images = torch.cat([images, figures["query"].expand_as(images)], dim=-2)
    targets = torch.cat([targets, targets], dim=-2)
    return images.unflatten(0, (run.queries, run.prompts)), targets.unflatten(0, (run.queries, run.prompts))


def _read(path: Path) -> dict[str, Tensor]:
    with np.load(path, allow_pickle=False) as figures:
        return {name: torch.from_numpy(figures[name]) for name in figures.files}


if __name__ == "__main__":
    main()
