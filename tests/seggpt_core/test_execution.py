"""Number formats, and the bookkeeping of recorded graphs with a recorder that needs no GPU."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from seggpt_core.errors import InputError
from seggpt_core.execution import EXACT, Execution, GraphedCall

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("execution", "named"),
    [
        (Execution(compile=True), "compile"),
        (Execution(cuda_graphs=True), "cuda_graphs"),
        (Execution(compile=True, cuda_graphs=True), "compile, cuda_graphs"),
    ],
)
def test_what_a_cpu_has_not_is_refused(execution: Execution, named: str) -> None:
    with pytest.raises(InputError, match=f"^{named}: needs a CUDA device, but the device is cpu"):
        execution.require(CPU)
    execution.require(torch.device("cuda"))


def test_float32_is_left_alone_and_half_precision_is_for_products_alone() -> None:
    one = torch.eye(4)
    with EXACT.autocast(CPU):
        assert (one @ one).dtype == torch.float32
    with Execution(precision="bf16").autocast(CPU):
        assert (one @ one).dtype == torch.bfloat16
        assert (one + one).dtype == torch.float32


def test_float32_on_a_gpu_is_not_rounded_to_tf32() -> None:
    before = torch.backends.cudnn.allow_tf32
    with EXACT.autocast(torch.device("cuda")):
        assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.allow_tf32 == before


class Recorder:
    """Records as a CUDA graph does: the work reads and writes its own memory, and a replay gives that same memory."""

    def __init__(self) -> None:
        self.recorded = 0

    def __call__(self, work: Callable[[], Tensor]) -> Callable[[], Tensor]:
        self.recorded += 1
        result = work()
        return lambda: result.copy_(work())


def test_each_shape_is_recorded_once_and_results_are_not_overwritten() -> None:
    recorder = Recorder()
    graphed = GraphedCall(lambda a, b: a * b.sum(), recorder)
    first = graphed(torch.ones(2), torch.ones(3))
    second = graphed(torch.full((2,), 2.0), torch.ones(3))
    assert first.tolist() == [3, 3]
    assert second.tolist() == [6, 6]
    assert recorder.recorded == 1
    assert graphed(torch.ones(2), torch.ones(4)).tolist() == [4, 4]
    assert recorder.recorded == 2


def test_what_was_given_is_not_kept() -> None:
    graphed = GraphedCall(lambda a: a + 1, Recorder())
    given = torch.zeros(2)
    graphed(given)
    graphed(torch.ones(2))
    assert given.tolist() == [0, 0]
