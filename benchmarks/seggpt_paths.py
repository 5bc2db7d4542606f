"""Ways to paint a frame with the published model: ours, the plain one, the official code's, `transformers`."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from benchmarks.port import port_of
from seggpt_core.config import SegGPTConfig
from seggpt_core.execution import EXACT, Execution
from seggpt_core.model import SegGPT
from seggpt_core.palette import TETRAHEDRON
from seggpt_core.published import Published
from seggpt_core.stacking import denormalise, normalise, query_colours, stack_canvases

BOUNDS = {"fp32": 1e-4, "bf16": 0.1, "fp16": 0.05}
"""Absolute, on colours in 0..1, against the reference path in float32: beyond these a path is wrong, not rough."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Pictures (K+1, 3, a, b), the last the query, and targets (P, K, 3, a, b), three objects a pass; all in 0..1."""

    pictures: Tensor
    targets: Tensor
    objects: int

    def to(self, device: torch.device) -> "Scene":
        """The same elsewhere; on "meta", shapes alone, to count arithmetic with."""
        return replace(self, pictures=self.pictures.to(device), targets=self.targets.to(device))


PaintPath = Callable[[Scene], Tensor]
"""Paints the query, (P, 3, a, b)."""


class WrongOutput(Exception):
    """The paths do not agree; a time would mean nothing."""


def make_scene(config: SegGPTConfig, prompts: int, objects: int) -> Scene:
    """Random pictures and targets: the arithmetic does not depend on what they show."""
    size, passes = (config.canvas[0] // 2, config.canvas[1]), math.ceil(objects / TETRAHEDRON.slots)
    return Scene(
        pictures=torch.rand(prompts + 1, 3, *size), targets=torch.rand(passes, prompts, 3, *size), objects=objects
    )


def fast_path(net: SegGPT, execution: Execution = EXACT) -> PaintPath:
    """The four calls, with earlier prompts kept as a tracker keeps them."""
    model = Published(net, "seggpt", "0" * 64, net.pos_embed.device, execution=execution)
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


def reference_path(net: SegGPT, execution: Execution = EXACT) -> PaintPath:
    """Every canvas computed whole, a pass at a time, in the same number format."""

    @torch.inference_mode()
    def paint(scene: Scene) -> Tensor:
        with execution.autocast(net.pos_embed.device):
            return torch.cat([_reference_pass(net, scene, targets) for targets in scene.targets]).float()

    return paint


def official_path(net: SegGPT, _: Execution = EXACT) -> PaintPath:
    """As the official code runs: the reference in float32, an object a pass; a pass of each three is returned."""

    @torch.inference_mode()
    def paint(scene: Scene) -> Tensor:
        passes = [_reference_pass(net, scene, scene.targets[one // TETRAHEDRON.slots]) for one in range(scene.objects)]
        return torch.cat(passes[:: TETRAHEDRON.slots])

    return paint


def _reference_pass(net: SegGPT, scene: Scene, targets: Tensor) -> Tensor:
    canvases = stack_canvases(scene.pictures[None, :-1], targets[None], scene.pictures[None, -1], net.config.patch)
    return query_colours(net(*canvases, "instance"))


def transformers_path(net: SegGPT, _: Execution = EXACT) -> PaintPath:
    """The port with the same parameters in float32, a pass at a time, with its own feature ensemble."""
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


PATHS: dict[str, Callable[[SegGPT, Execution], PaintPath]] = {
    "fast": fast_path,
    "reference": reference_path,
    "official": official_path,
    "transformers": transformers_path,
}


def check(paths: Mapping[str, PaintPath], scene: Scene, expected: Tensor, bound: float) -> dict[str, float]:
    """Each path's largest difference from the colours expected; WrongOutput above the bound.

    The ensemble of `transformers` differs from the official one, so that it is held to the bound with one prompt only.
    """
    errors = {name: float((path(scene) - expected).abs().max()) for name, path in paths.items()}
    held = {name for name in errors if name != "transformers" or scene.targets.shape[1] == 1}
    if any(not errors[name] <= bound for name in held):
        raise WrongOutput(f"differences from the reference path: {errors}; at most {bound} is right")
    return errors
