"""The paths that are timed paint alike, and what is counted is what they compute."""

import pytest
import torch

from benchmarks import bench_seggpt
from seggpt_core.config import SegGPTConfig
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
def test_the_paths_agree(prompts: int, net: SegGPT) -> None:
    paths = {"reference": bench_seggpt.reference_path(net), "fast": bench_seggpt.fast_path(net)}
    scene = bench_seggpt.make_scene(SMALL, prompts, passes=2)
    for _ in range(2):  # kept prompts are used the second time
        assert bench_seggpt.check(paths, scene)["fast"] <= bench_seggpt.MOST


def test_a_path_that_paints_something_else_is_not_timed(net: SegGPT) -> None:
    paths = {"reference": bench_seggpt.reference_path(net), "fast": lambda scene: scene.targets[:, 0]}
    with pytest.raises(bench_seggpt.WrongOutput):
        bench_seggpt.check(paths, bench_seggpt.make_scene(SMALL, 1, passes=1))


def test_arithmetic_of_a_matrix_product_is_counted_on_shapes_alone() -> None:
    scene = bench_seggpt.make_scene(SMALL, 1, passes=1).on_meta()
    side = scene.pictures.shape[-1]
    counted = bench_seggpt.count_flops(lambda scene: scene.pictures[0, 0] @ scene.pictures[0, 1].T, scene)
    assert counted * 1e12 == pytest.approx(2 * side**3)


def test_the_fast_path_computes_less(net: SegGPT) -> None:
    scene = bench_seggpt.make_scene(SMALL, 3, passes=1)
    fast, reference = (
        bench_seggpt.count_flops(path(net), scene) for path in (bench_seggpt.fast_path, bench_seggpt.reference_path)
    )
    assert fast < 0.7 * reference
