from dataclasses import replace

import numpy as np
import pytest

from seggpt_core.training.data.appearance import UNCHANGED
from seggpt_core.training.data.recording import (
    MACROBLOCK,
    Codec,
    Noise,
    Recording,
    compress,
    draw_light,
    draw_recording,
    record,
)
from seggpt_core.training.data.settings import EngineConfig
from tests.seggpt_core.training.data.made_shards import plain

NOISE = np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype=np.uint8)
STEADY = EngineConfig(exposure_drift=0, exposure_jumps=0)


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_a_faultless_recording_changes_nothing() -> None:
    np.testing.assert_array_equal(record([NOISE, NOISE], Recording()), [NOISE, NOISE])


def test_light_multiplies_colours_frame_by_frame() -> None:
    dim = replace(UNCHANGED, gain=(0.5, 0.5, 1.5))
    shots = record([plain((100, 80, 60))] * 2, Recording(shifts=(UNCHANGED, dim)))
    assert shots[0, 0, 0].tolist() == [100, 80, 60]
    assert shots[1, 0, 0].tolist() == [50, 40, 90]


def test_every_frame_gets_its_own_light_blur_and_grain() -> None:
    flawed = EngineConfig(exposure_drift=1.0)
    drawn = [draw_recording(np.random.default_rng(seed), flawed, 5, (64, 80)) for seed in range(60)]
    assert all(len(set(recording.shifts)) == 5 for recording in drawn)
    blurred = [recording.blurs for recording in drawn if recording.blurs]
    assert blurred
    assert all(len(set(blurs)) == 5 and min(blurs) > 0 for blurs in blurred)
    noises = [recording.noise for recording in drawn if recording.noise is not None]
    assert len({noise.seed for noise in noises}) == len(noises) > 5
    for noise in noises:
        assert len(noise.places) == 5
        assert all(0 <= row < 64 and 0 <= column < 80 for row, column in noise.places)
    flawless = draw_recording(rng(), replace(STEADY, blemishes=0.0), 2, (64, 80))
    np.testing.assert_array_equal(record([NOISE, NOISE], flawless), [NOISE, NOISE])


def test_light_is_steady_drifts_or_jumps() -> None:
    assert draw_light(rng(), STEADY, 6) is None
    for seed in range(20):
        drift = draw_light(np.random.default_rng(seed), replace(STEADY, exposure_drift=1.0), 6)
        jump = draw_light(np.random.default_rng(seed), replace(STEADY, exposure_jumps=1.0), 6)
        assert drift is not None
        assert jump is not None
        np.testing.assert_allclose(np.diff(np.log(drift), 2, axis=0), 0, atol=1e-9)
        assert np.ptp(drift, axis=0).max() > 0
        steps = np.diff(jump, axis=0)
        assert np.count_nonzero(steps[:, 0]) == 1
        assert 0.35 <= jump[-1, 0] <= 1.7
        assert jump[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize("offset", [(0, 0), (5, 11)])
def test_blocks_lie_on_one_grid_in_all_frames(offset: tuple[int, int]) -> None:
    """At the coarsest quality a ramp is even inside blocks of 8 pixels and steps at their borders."""
    ramp = np.broadcast_to(np.arange(80, dtype=np.uint8)[None, :, None], (64, 80, 3)).copy()
    for shot in compress([ramp, ramp + np.uint8(90)], Codec(1, offset, 0.0)):
        assert shot.shape == ramp.shape
        steps = np.flatnonzero(np.abs(np.diff(shot[32].astype(int).sum(-1))) > 3)
        assert len(steps)
        assert {int(step + 1 + offset[1]) % 8 for step in steps} == {0}


def test_still_blocks_repeat_and_changed_ones_do_not() -> None:
    first = np.broadcast_to(np.arange(80, dtype=np.uint8)[None, :, None], (64, 80, 3)).copy()
    second = first.copy()
    second[:MACROBLOCK, :MACROBLOCK] = 255 - second[:MACROBLOCK, :MACROBLOCK]
    lossless = Codec(100, (0, 0), 20.0)
    one, other = compress([first, second], lossless)
    np.testing.assert_array_equal(one[MACROBLOCK:], other[MACROBLOCK:])
    assert np.abs(other[:MACROBLOCK, :MACROBLOCK].astype(int) - one[:MACROBLOCK, :MACROBLOCK]).mean() > 40


def test_colours_are_kept_at_half_the_resolution() -> None:
    """Red and green of one brightness in columns of one pixel blend; black and white ones do not."""
    colours, greys = plain((200, 0, 0), (64, 64)), plain((0, 0, 0), (64, 64))
    colours[:, ::2], greys[:, ::2] = (0, 102, 0), 255
    codec = Codec(95, (0, 0), 0.0)
    red = compress([colours], codec)[0][..., 0].astype(int)
    white = compress([greys], codec)[0][..., 0].astype(int)
    assert np.abs(np.diff(red, axis=1)).mean() < 60
    assert np.abs(np.diff(white, axis=1)).mean() > 240


@pytest.mark.parametrize(
    "recording",
    [
        Recording(blurs=(1.0, 0.5)),
        Recording(noise=Noise(8.0, 3, ((0, 0), (5, 9)))),
        Recording(coarse=0.5),
        Recording(coarse=0.4, codec=Codec(20, (3, 7), 2.0)),
    ],
)
def test_sizes_stay_and_sharpness_or_silence_goes(recording: Recording) -> None:
    shots = record([NOISE, plain((90, 90, 90), (64, 80))], recording)
    assert shots.shape == (2, 64, 80, 3)
    assert shots.dtype == np.uint8
    if recording.noise:
        assert shots[1].std() == pytest.approx(8.0, rel=0.1)
    else:
        assert shots[0].std() < 0.8 * NOISE.std()
