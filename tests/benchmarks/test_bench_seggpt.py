"""The paths that are timed paint alike, and what is counted is what they compute."""

import pytest
import torch

from benchmarks import bench_seggpt
from benchmarks.seggpt_paths import (
    BOUNDS,
    WrongOutput,
    check,
    fast_path,
    make_scene,
    official_path,
    reference_path,
)
from seggpt_core.config import SegGPTConfig
from seggpt_core.execution import Execution
from seggpt_core.model import SegGPT

SMALL = SegGPTConfig(canvas=(64, 32), patch=8, dim=32, heads=2, decoder_dim=8)


@pytest.fixture(scope="module")
def net() -> SegGPT:
    torch.manual_seed(0)
    net = SegGPT(SMALL).eval()
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return net


@pytest.mark.parametrize("prompts", [1, 3])
@pytest.mark.parametrize("objects", [1, 4])
def test_the_paths_agree(prompts: int, objects: int, net: SegGPT) -> None:
    paths = {"fast": fast_path(net), "official": official_path(net)}
    scene = make_scene(SMALL, prompts, objects)
    for _ in range(2):  # kept prompts are used the second time
        errors = check(paths, scene, reference_path(net)(scene), BOUNDS["fp32"])
        assert max(errors.values()) <= BOUNDS["fp32"]


def test_what_half_precision_costs_is_told(net: SegGPT) -> None:
    execution = Execution(precision="bf16")
    paths = {"fast": fast_path(net, execution), "reference": reference_path(net, execution)}
    scene = make_scene(SMALL, 3, objects=1)
    errors = check(paths, scene, reference_path(net)(scene), bound=1.0)
    assert min(errors.values()) > BOUNDS["fp32"]


def test_a_path_that_paints_something_else_is_not_timed(net: SegGPT) -> None:
    scene = make_scene(SMALL, 1, objects=1)
    with pytest.raises(WrongOutput):
        check({"fast": lambda scene: scene.targets[:, 0]}, scene, reference_path(net)(scene), BOUNDS["fp32"])


def test_arithmetic_of_a_matrix_product_is_counted_on_shapes_alone() -> None:
    scene = make_scene(SMALL, 1, objects=1).to(torch.device("meta"))
    side = scene.pictures.shape[-1]
    counted = bench_seggpt.count_flops(lambda scene: scene.pictures[0, 0] @ scene.pictures[0, 1].T, scene)
    assert counted * 1e12 == pytest.approx(2 * side**3)


def test_the_fast_path_computes_less(net: SegGPT) -> None:
    scene = make_scene(SMALL, 3, objects=1)
    fast, reference = (bench_seggpt.count(name, SMALL, net, Execution(), scene) for name in ("fast", "reference"))
    assert fast < 0.7 * reference


def test_the_official_way_takes_a_pass_an_object(net: SegGPT) -> None:
    scene = make_scene(SMALL, 1, objects=4)
    official, reference = (
        bench_seggpt.count(name, SMALL, net, Execution(), scene) for name in ("official", "reference")
    )
    assert official == pytest.approx(2 * reference)
