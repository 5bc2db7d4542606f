import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seggpt_core.training.data.thin import add_thin_parts, twigs
from tests.seggpt_core.training.data.made_shards import disc, plain

RED = disc((250, 0, 0), 64)


@given(seed=st.integers(0, 200), least=st.floats(1.0, 6.0))
def test_thin_parts_lie_around_the_object_and_take_its_colour(seed: int, least: float) -> None:
    grown = add_thin_parts(np.random.default_rng(seed), RED, least)
    room = (grown.shape[0] - 64) // 2
    inside = grown[room : room + 64, room : room + 64]
    np.testing.assert_array_equal(inside[RED[..., 3] > 127], RED[RED[..., 3] > 127])
    added = (grown[..., 3] > 127).sum() - (RED[..., 3] > 127).sum()
    assert added >= least * 0.2 * 64 / 2  # the shortest part, half of it hidden
    visible = grown[grown[..., 3] > 127][:, :3].astype(int)
    assert (visible[:, 0] > visible[:, 1:].max(1)).all()


def test_nothing_is_drawn_onto_nothing() -> None:
    empty = plain((9, 9, 9, 0), (20, 20))
    assert add_thin_parts(np.random.default_rng(0), empty, 2.0) is empty


def test_twigs_leave_most_of_the_frame_free() -> None:
    for seed in range(10):
        share = (twigs(np.random.default_rng(seed), (64, 96))[..., 3] > 127).mean()
        assert 0 < share < 0.5
