"""What a step does is counted once a kind, attention and the way back included."""

import pytest
import torch
import torch.nn.functional as F

from seggpt_core.training.arithmetic import Counter, matrix_ceiling

FLOPS = 2 * 4 * 8 * 16
"""Of a product of 4 × 8 and 8 × 16."""


def test_a_product_and_its_two_gradients_are_counted() -> None:
    one, other = torch.ones(4, 8, requires_grad=True), torch.ones(8, 16, requires_grad=True)

    def step() -> float:
        loss = (one @ other).sum()
        loss.backward()
        return loss.item()

    assert Counter().run("step", step) == (4 * 8 * 16, 3 * FLOPS)


def test_attention_on_a_cpu_is_counted() -> None:
    """Two products of 8 × 4 and 4 × 8 a head."""
    heads = torch.ones(1, 2, 8, 4)
    _, flops = Counter().run("step", lambda: F.scaled_dot_product_attention(heads, heads, heads).sum().item())
    assert flops == 2 * 2 * (2 * 8 * 4 * 8)


@pytest.mark.parametrize(("groups", "learns", "gradients"), [(1, True, 2), (6, True, 2), (6, False, 1)])
def test_a_convolution_costs_its_gradients_as_much_as_itself(groups: int, learns: bool, gradients: int) -> None:
    x, filters = torch.ones(2, 6, 8, 8, requires_grad=True), torch.ones(12, 6 // groups, 3, 3, requires_grad=learns)

    def step() -> float:
        F.conv2d(x, filters, padding=1, groups=groups).sum().backward()
        return 0.0

    forward = 2 * (2 * 8 * 8) * 12 * (6 // groups) * 9
    assert Counter().run("step", step) == (0.0, (1 + gradients) * forward)


def test_a_kind_is_counted_once_and_steps_taken_every_time() -> None:
    counter, taken = Counter(), []

    def step() -> float:
        taken.append(torch.ones(4, 8) @ torch.ones(8, 16))
        return float(len(taken))

    assert [counter.run(kind, step) for kind in ("small", "small", "large")] == [(1, FLOPS), (2, FLOPS), (3, FLOPS)]
    assert all(torch.equal(one, taken[0]) for one in taken)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_ceiling_is_a_rate_of_products(dtype: torch.dtype) -> None:
    assert matrix_ceiling(torch.device("cpu"), dtype) > 1e8
