"""The published model's layers against plain implementations of the same formulas."""

import itertools

import torch

from seggpt_core.layers import Attention, ChannelNorm, ensemble, relative_table, tokens_to_pixels
from tests.tolerances import FLOAT32_PARITY


def random_attention(dim: int, heads: int, grid: tuple[int, int]) -> Attention:
    torch.manual_seed(0)
    attention = Attention(dim, heads, grid)
    for parameter in attention.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return attention


def test_relative_table_is_indexed_by_query_minus_key() -> None:
    table = torch.arange(5.0)[:, None]
    assert relative_table(table, 3)[..., 0].tolist() == [[2, 1, 0], [3, 2, 1], [4, 3, 2]]


def test_position_bias_is_the_row_and_column_tables_times_the_query() -> None:
    grid = (4, 3)
    attention = random_attention(8, 2, grid)
    q = torch.randn(1, 2, 12, 4)
    expected = torch.empty(2, 12, 12)
    places = list(itertools.product(range(4), range(3)))
    with torch.no_grad():
        for (i, (row, column)), (j, (key_row, key_column)) in itertools.product(enumerate(places), enumerate(places)):
            entry = attention.rel_pos_h[row - key_row + 3] + attention.rel_pos_w[column - key_column + 2]
            expected[:, i, j] = q[0, :, i] @ entry
        torch.testing.assert_close(attention.position_bias(q, grid)[0], expected, atol=FLOAT32_PARITY, rtol=0)


def test_attention_scales_the_products_but_not_the_position_bias() -> None:
    grid = (2, 3)
    attention = random_attention(8, 2, grid)
    x = torch.randn(2, *grid, 8)
    q, k, v = attention.qkv(x.flatten(1, 2)).split(8, dim=-1)
    heads = []
    for head in (slice(0, 4), slice(4, 8)):
        bias = attention.position_bias(q[:, None, :, head], grid)[:, 0]
        weights = torch.softmax(q[..., head] @ k[..., head].transpose(1, 2) / 2 + bias, dim=-1)
        heads.append(weights @ v[..., head])
    expected = attention.proj(torch.cat(heads, dim=-1)).unflatten(1, grid)
    torch.testing.assert_close(attention(x), expected, atol=FLOAT32_PARITY, rtol=0)


def test_ensemble_averages_the_query_half_of_each_querys_own_prompts() -> None:
    x = torch.randn(2, 3, 4, 5, 6)
    averaged = ensemble(x)
    torch.testing.assert_close(averaged[:, :, :2], x[:, :, :2], atol=0, rtol=0)
    for query, prompt in itertools.product(range(2), range(3)):
        expected = (x[query, 0, 2:] + x[query, 1, 2:] + x[query, 2, 2:]) / 3
        torch.testing.assert_close(averaged[query, prompt, 2:], expected, atol=FLOAT32_PARITY, rtol=0)


def test_ensemble_of_one_prompt_changes_nothing() -> None:
    x = torch.randn(3, 1, 4, 2, 5)
    assert torch.equal(ensemble(x), x)


def test_tokens_to_pixels_lays_out_patches_row_by_row_with_channels_innermost() -> None:
    patch, channels = 2, 3
    tokens = torch.randn(1, 2, 3, patch * patch * channels)
    pixels = tokens_to_pixels(tokens, patch)
    assert pixels.shape == (1, channels, 4, 6)
    for row, column, channel in itertools.product(range(4), range(6), range(channels)):
        inside = (row % patch) * patch + column % patch
        assert pixels[0, channel, row, column] == tokens[0, row // patch, column // patch, inside * channels + channel]


def test_channel_norm_normalises_each_pixel() -> None:
    x = torch.randn(2, 5, 3, 4)
    norm = ChannelNorm(5, eps=1e-6)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    deviation = (x.var(dim=1, unbiased=False, keepdim=True) + 1e-6).sqrt()
    expected = (x - x.mean(dim=1, keepdim=True)) / deviation * norm.weight[:, None, None] + norm.bias[:, None, None]
    torch.testing.assert_close(norm(x), expected, atol=FLOAT32_PARITY, rtol=0)
