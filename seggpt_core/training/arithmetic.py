"""How much arithmetic a step does, and how much the machine could do: matrix products, convolutions and attention."""

import time
from collections.abc import Callable, Hashable, Sequence

import torch
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count, sdpa_backward_flop_count, sdpa_flop_count

_GPU_SIDE, _CPU_SIDE = 8192, 1536
"""Of the square matrices whose product is timed: large enough that nothing else counts, and done in a second."""
_ROUNDS, _REPEATS = 5, 5
Shape = tuple[int, ...]


def matrix_ceiling(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP/s of large square matrix products in that format, in the best of a few rounds: what the device can do."""
    side = _GPU_SIDE if device.type == "cuda" else _CPU_SIDE
    one = torch.randn(side, side, device=device).to(dtype)
    product = torch.empty_like(one)
    torch.matmul(one, one, out=product)
    _wait(device)
    shortest = float("inf")
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        for _ in range(_REPEATS):
            torch.matmul(one, one, out=product)
        _wait(device)
        shortest = min(shortest, time.perf_counter() - began)
    return 2 * side**3 * _REPEATS / shortest


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
            FlopCounterMode(display=False, custom_mapping=_COUNTS) as counter,
        ):
            result = step()
        self._flops[kind] = float(counter.get_total_flops())
        return result, self._flops[kind]


def _forward(query: Shape, key: Shape, value: Shape, *_: object, **__: object) -> int:
    return int(sdpa_flop_count(query, key, value))


def _backward(gradient: Shape, query: Shape, key: Shape, value: Shape, *_: object, **__: object) -> int:
    return int(sdpa_backward_flop_count(gradient, query, key, value))


def _convolution_backward(
    gradient: Shape,
    x: Shape,
    weight: Shape,
    _bias: object,
    _stride: object,
    _padding: object,
    _dilation: object,
    transposed: bool,
    _output_padding: object,
    _groups: object,
    wanted: Sequence[bool],
    **_: object,
) -> int:
    """Each gradient that is wanted, of the input and of the weights, costs what the convolution did."""
    return int(conv_flop_count(list(x), list(weight), list(gradient), transposed)) * sum(wanted[:2])


_COUNTS = {
    torch.ops.aten.convolution_backward: _convolution_backward,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _forward,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _backward,
}
"""PyTorch counts the gradient of grouped weights as if there were no groups, and these attentions on a GPU only."""


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
