"""How much arithmetic a step does, and how much the machine could do: matrix products, convolutions and attention."""

import time
from collections.abc import Callable, Hashable

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_backward_flop_count, sdpa_flop_count

_GPU_SIDE, _CPU_SIDE = 8192, 1536
"""Of the square matrices whose product is timed: large enough that nothing else counts, and done in a second."""
_REPEATS = 20
Shape = tuple[int, ...]


def matrix_ceiling(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP/s of large square matrix products in that format: what the device gives at best, measured now."""
    side = _GPU_SIDE if device.type == "cuda" else _CPU_SIDE
    one = torch.randn(side, side, device=device).to(dtype)
    product = torch.empty_like(one)
    torch.matmul(one, one, out=product)
    _wait(device)
    began = time.perf_counter()
    for _ in range(_REPEATS):
        torch.matmul(one, one, out=product)
    _wait(device)
    return 2 * side**3 * _REPEATS / (time.perf_counter() - began)


class Counter:
    """Counts the arithmetic of steps: the first of each kind is counted, the others of that kind do the same."""

    def __init__(self) -> None:
        self._flops: dict[Hashable, float] = {}

    def run(self, kind: Hashable, step: Callable[[], float]) -> tuple[float, float]:
        """Take a step; returns what it returns, and its floating-point operations.

        kind: what its arithmetic follows from, such as the shape of its batch. A step that is counted runs without
        compiled parts, into which no counter sees.
        """
        if kind in self._flops:
            return step(), self._flops[kind]
        with (
            torch.compiler.set_stance("force_eager"),
            FlopCounterMode(display=False, custom_mapping=_ATTENTION_ON_CPU) as counter,
        ):
            result = step()
        self._flops[kind] = float(counter.get_total_flops())
        return result, self._flops[kind]


def _forward(query: Shape, key: Shape, value: Shape, *_: object, **__: object) -> int:
    return int(sdpa_flop_count(query, key, value))


def _backward(gradient: Shape, query: Shape, key: Shape, value: Shape, *_: object, **__: object) -> int:
    return int(sdpa_backward_flop_count(gradient, query, key, value))


_ATTENTION_ON_CPU = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _forward,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _backward,
}
"""PyTorch counts these operations on a GPU only."""


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
