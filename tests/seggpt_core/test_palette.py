import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from seggpt_core import palette
from tests.tolerances import FLOAT32_PARITY


def random_passes(seed: int, counts: list[int], size: tuple[int, int] = (6, 8)) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [(3 * torch.randn(1 + count, *size, generator=generator)).softmax(dim=0) for count in counts]


def test_two_corners_never_mix_into_a_third():
    corners = torch.tensor([palette.BACKGROUND, *palette.TETRAHEDRON.colours])
    for first in range(4):
        for second in range(4):
            for share in np.linspace(0, 1, 21):
                mixed = share * corners[first] + (1 - share) * corners[second]
                nearest = (corners - mixed).square().sum(1)
                assert nearest[[first, second]].min() <= nearest.min()


def test_softened_is_decoded_at_half_the_temperature(monkeypatch: pytest.MonkeyPatch):
    painted = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    sharp = palette.decode(painted, [3, 2])
    monkeypatch.setattr(palette, "TEMPERATURE", palette.TEMPERATURE / 2)
    torch.testing.assert_close(palette.softened(sharp), palette.decode(painted, [3, 2]))
    certain = torch.eye(4).view(4, 4, 1, 1)
    assert torch.equal(palette.softened(certain), certain)


def test_ids_are_painted_in_their_slots():
    ids = torch.tensor([[0, 7, 200], [9, 255, 7]], dtype=torch.uint8)
    painted = palette.colour_ids(ids, [7, 200])
    assert painted[:, 0, 1].tolist() == [1, 1, 0]
    assert painted[:, 0, 2].tolist() == [1, 0, 1]
    assert painted[:, 0, 0].tolist() == painted[:, 1, 0].tolist() == painted[:, 1, 1].tolist() == [0, 0, 0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 254), min_size=1, max_size=3, unique=True), st.integers(0, 1000))
def test_painted_ids_are_read_back(objects: list[int], seed: int):
    ids = torch.from_numpy(np.random.default_rng(seed).choice([0, *objects], size=(5, 9)).astype(np.uint8))
    decoded = palette.decode(palette.colour_ids(ids, objects)[None], [len(objects)])
    labels = palette.label_map([decoded[0, : 1 + len(objects)]], [objects], (5, 9))
    assert torch.equal(labels, ids)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 3))
def test_colours_of_probabilities_decode_to_the_same_order(seed: int, count: int):
    probabilities = F.pad(random_passes(seed, [count])[0], (0, 0, 0, 0, 0, 3 - count))[None]
    decoded = palette.decode(palette.colour_probabilities(probabilities), [count])
    assert torch.equal(decoded.argmax(1), probabilities.argmax(1))


def test_one_object_decodes_to_the_sigmoid_of_four_times_the_difference():
    colours = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    to_background = colours.square().sum(1)
    to_object = (colours - torch.tensor(palette.TETRAHEDRON.colours[0]).view(1, 3, 1, 1)).square().sum(1)
    decoded = palette.decode(colours, [1])
    torch.testing.assert_close(decoded[:, 1], (4 * (to_background - to_object)).sigmoid(), atol=FLOAT32_PARITY, rtol=0)
    assert torch.equal(decoded[:, 2:], torch.zeros(1, 2, 4, 5))


def test_passes_decode_on_their_own():
    colours = torch.rand(3, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    together = palette.decode(colours, [3, 1, 2])
    for number, used in enumerate([3, 1, 2]):
        torch.testing.assert_close(together[number], palette.decode(colours[number][None], [used])[0])
        assert not together[number, 1 + used :].any()
    torch.testing.assert_close(together.sum(1), torch.ones(3, 4, 5))


@pytest.mark.parametrize("blend", [1, 3, 9])
@pytest.mark.parametrize("pair", [(0, 1), (0, 2), (1, 2)])
def test_a_blended_edge_between_two_objects_has_no_third_id(pair: tuple[int, int], blend: int):
    ids = torch.zeros(24, 32, dtype=torch.uint8)
    ids[4:20, 4:16], ids[4:20, 16:28] = 10 + pair[0], 10 + pair[1]
    colours = palette.colour_ids(ids, [10, 11, 12])[None]
    colours = F.avg_pool2d(colours, blend, stride=1, padding=blend // 2, count_include_pad=False)
    labels = palette.label_map(list(palette.decode(colours, [3])), [[10, 11, 12]], (95, 127))
    assert set(labels.unique().tolist()) == {0, 10 + pair[0], 10 + pair[1]}
    middle = labels[40:56, 40:88]
    assert 0 not in middle.unique().tolist(), "no seam of background where the two touch"


def test_touching_objects_of_two_passes_have_no_seam():
    ids = torch.zeros(24, 32, dtype=torch.uint8)
    ids[4:20, 4:16], ids[4:20, 16:28] = 3, 4
    colours = torch.stack([palette.colour_ids(ids, [3]), palette.colour_ids(ids, [4])])
    colours = F.avg_pool2d(colours, 3, stride=1, padding=1, count_include_pad=False)
    passes = [one[:2] for one in palette.decode(colours, [1, 1])]
    labels = palette.label_map(passes, [[3], [4]], (95, 127))
    assert set(labels[40:56, 40:88].unique().tolist()) == {3, 4}


def soft_aggregation(objects: np.ndarray) -> np.ndarray:
    """STCN's rule for one object a pass, (N, h, w) to (1+N, h, w), written plainly."""
    everything = np.concatenate([np.prod(1 - objects, axis=0, keepdims=True), objects])
    odds = everything / (1 - everything)
    return odds / odds.sum(axis=0)


def test_merging_is_soft_aggregation():
    passes = random_passes(3, [1, 1, 1, 1])
    expected = soft_aggregation(np.stack([one[1].double().numpy() for one in passes]))
    np.testing.assert_allclose(palette.merge_passes(passes).numpy(), expected, atol=FLOAT32_PARITY)


def test_one_pass_is_not_changed_by_merging():
    (only,) = random_passes(0, [3])
    assert palette.merge_passes([only]) is only


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 3), min_size=2, max_size=5))
def test_merged_probabilities_sum_to_one(seed: int, counts: list[int]):
    merged = palette.merge_passes(random_passes(seed, counts))
    assert merged.shape[0] == 1 + sum(counts)
    torch.testing.assert_close(merged.sum(0), torch.ones(6, 8))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 3), min_size=1, max_size=5))
def test_the_label_map_is_the_argmax_of_what_is_merged(seed: int, counts: list[int]):
    passes = random_passes(seed, counts)
    numbers = iter(range(101, 200))
    ids = [[next(numbers) for _ in range(count)] for count in counts]
    merged = palette.merge_passes([palette.upsample(one, (17, 13)) for one in passes])
    expected = torch.tensor([0, *(identity for one in ids for identity in one)])[merged.argmax(0)]
    labels = palette.label_map(passes, ids, (17, 13))
    ties = merged.topk(2, dim=0).values.diff(dim=0)[0].abs() < FLOAT32_PARITY
    assert labels.dtype == torch.uint8
    assert ((labels == expected) | ties).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 3), min_size=1, max_size=5))
def test_merged_planes_are_what_is_merged_after_resizing(seed: int, counts: list[int]):
    passes = random_passes(seed, counts)
    expected = palette.merge_passes([palette.upsample(one, (17, 13)) for one in passes])[1:]
    planes = torch.stack(list(palette.merged_planes(passes, (17, 13))))
    torch.testing.assert_close(planes, expected, atol=FLOAT32_PARITY, rtol=0)


def test_with_no_pass_all_is_background():
    assert torch.equal(palette.label_map([], [], (4, 5)), torch.zeros(4, 5, dtype=torch.uint8))
