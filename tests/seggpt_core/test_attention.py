"""Attention in parts equals attention to everything at once."""

import pytest
import torch
import torch.nn.functional as F

from seggpt_core.attention import Bias, attend, attend_fused, join
from tests.tolerances import CACHED_VERSUS_UNCACHED

ROWS, COLUMNS, WIDTH = 3, 4, 8


def random_part(scale: float, queries: int = 5) -> tuple[torch.Tensor, torch.Tensor, Bias]:
    keys, values = scale * torch.randn(2, 1, ROWS * COLUMNS, WIDTH), torch.randn(2, 1, ROWS * COLUMNS, WIDTH)
    return keys, values, Bias(torch.randn(2, 3, queries, ROWS), torch.randn(2, 3, queries, COLUMNS))


def materialised(bias: Bias) -> torch.Tensor:
    return (bias.rows[..., :, None] + bias.columns[..., None, :]).flatten(-2)


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_two_parts_joined_are_one_softmax_over_both(scale: float) -> None:
    """At scale 100 a score of one part may exceed all of the other by hundreds: nothing may overflow."""
    torch.manual_seed(0)
    queries = torch.randn(2, 3, 5, WIDTH)
    (k1, v1, b1), (k2, v2, b2) = random_part(1.0), random_part(scale)
    joined = join(attend(queries, k1, v1, b1), attend(queries, k2, v2, b2))
    keys, values = torch.cat([k1, k2], dim=-2).expand(2, 3, -1, -1), torch.cat([v1, v2], dim=-2).expand(2, 3, -1, -1)
    mask = torch.cat([materialised(b1), materialised(b2)], dim=-1)
    expected = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
    torch.testing.assert_close(joined, expected, atol=CACHED_VERSUS_UNCACHED * scale, rtol=0)


def test_a_part_is_a_softmax_of_its_own() -> None:
    torch.manual_seed(1)
    queries = torch.randn(2, 3, 5, WIDTH)
    k, v, bias = random_part(1.0)
    part = attend(queries, k, v, bias)
    expected = F.scaled_dot_product_attention(
        queries, k.expand(2, 3, -1, -1), v.expand(2, 3, -1, -1), attn_mask=materialised(bias)
    )
    torch.testing.assert_close(part.sums / part.total, expected, atol=CACHED_VERSUS_UNCACHED, rtol=0)


def test_the_fused_kernel_gives_the_same_without_a_mask() -> None:
    torch.manual_seed(2)
    queries = torch.randn(2, 3, 5, WIDTH)
    k, v, bias = random_part(1.0)
    part = attend(queries, k, v, bias)
    fused = attend_fused(queries, k.expand(2, 3, -1, -1), v.expand(2, 3, -1, -1), bias)
    torch.testing.assert_close(fused, part.sums / part.total, atol=CACHED_VERSUS_UNCACHED, rtol=0)


def test_fused_kernels_get_the_four_dimensions_that_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch's fused kernels refuse more: with five it would write all scores to memory, without a word."""
    shapes = []
    plain = F.scaled_dot_product_attention

    def seen(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, **options: float) -> torch.Tensor:
        shapes.append((q.shape, k.shape, v.shape))
        return plain(q, k, v, **options)  # type: ignore[arg-type]

    torch.manual_seed(3)
    k, v, bias = random_part(1.0)
    queries, keys, values = torch.randn(4, 2, 3, 5, WIDTH), k.expand(4, 2, 3, -1, -1), v.expand(4, 2, 3, -1, -1)
    expected = attend(queries, keys, values, bias)
    monkeypatch.setattr(F, "scaled_dot_product_attention", seen)
    fused = attend_fused(queries, keys, values, Bias(*(part.expand(4, -1, -1, -1, -1) for part in bias)))
    torch.testing.assert_close(fused, expected.sums / expected.total, atol=CACHED_VERSUS_UNCACHED, rtol=0)
    wide = WIDTH + ROWS + COLUMNS + 1  # to a multiple of 8
    assert shapes == [((8, 3, 5, wide), (8, 3, ROWS * COLUMNS, wide), (8, 3, ROWS * COLUMNS, WIDTH))]
