"""How a clip was recorded: light, lens, sensor and codec. All on (H, W, 3) uint8 RGB."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from seggpt_core.errors import WorkError
from seggpt_core.training.data.appearance import UNCHANGED, ColourShift, apply_colours, draw_shift
from seggpt_core.training.data.motion import log_uniform
from seggpt_core.training.data.settings import EngineConfig

MACROBLOCK = 16
"""Pixels along the side of the blocks that a codec repeats."""


@dataclass(frozen=True)
class Codec:
    """A video codec of few bits: blocks on a grid that stays where it is, coarse colours, blocks that repeat."""

    quality: int
    """As of JPEG, 1..100; colours are kept at half the resolution."""
    offset: tuple[int, int]
    """Rows and columns by which the grid of blocks is shifted, 0..15."""
    hold: float
    """Blocks that change by less than this many 8-bit levels on average repeat the last frame; 0 for none."""


@dataclass(frozen=True)
class Noise:
    """One grain, which lies elsewhere in every frame."""

    level: float
    """Standard deviation in 8-bit levels."""
    seed: int
    """Of the grain's normal numbers."""
    places: tuple[tuple[int, int], ...]
    """Rows and columns by which it is rolled, a frame."""


@dataclass(frozen=True)
class Recording:
    """What happens to the frames of a clip on their way from the scene to a file, in this order."""

    shifts: tuple[ColourShift, ...] = ()
    """Colours of each frame; empty if they stay."""
    blurs: tuple[float, ...] = ()
    """Standard deviation of each frame's defocus in pixels; empty for none."""
    noise: Noise | None = None
    coarse: float = 1.0
    """Share of the resolution that is kept."""
    codec: Codec | None = None


def draw_recording(rng: np.random.Generator, config: EngineConfig, frames: int, size: tuple[int, int]) -> Recording:
    """Random blemishes for frames of (height, width); each leaves most clips alone."""
    strength = config.blemishes
    shift = draw_shift(rng, 0.7 * strength) if rng.random() < 0.7 else UNCHANGED
    light = draw_light(rng, config, frames)
    flicker = strength * rng.uniform(0, 1) if rng.random() < 0.4 else 0.0
    blur = rng.uniform(0.4, 1.5) if rng.random() < 0.2 * strength else 0.0
    noise = rng.uniform(1.5, 10) if rng.random() < 0.3 * strength else 0.0
    return Recording(
        coarse=rng.uniform(0.4, 0.8) if rng.random() < 0.15 * strength else 1.0,
        codec=draw_codec(rng) if rng.random() < config.codecs * strength else None,
        shifts=tuple(_exposed(rng, shift, light, flicker, number) for number in range(frames)),
        blurs=tuple(blur * rng.uniform(0.3, 1.0) for _ in range(frames)) if blur else (),
        noise=_draw_noise(rng, noise, frames, size) if noise else None,
    )


def _exposed(
    rng: np.random.Generator, shift: ColourShift, light: np.ndarray | None, flicker: float, number: int
) -> ColourShift:
    shift = shift.near(rng, flicker) if flicker else shift
    if light is None:
        return shift
    red, green, blue = (float(gain) for gain in np.asarray(shift.gain) * light[number])
    return replace(shift, gain=(red, green, blue))


def _draw_noise(rng: np.random.Generator, level: float, frames: int, size: tuple[int, int]) -> Noise:
    seed = int(rng.integers(2**31))
    return Noise(level, seed, tuple((int(row), int(column)) for row, column in rng.integers(size, size=(frames, 2))))


def draw_light(rng: np.random.Generator, config: EngineConfig, frames: int) -> np.ndarray | None:
    """(T, 3) gains that drift, colour by colour, or jump at one frame as when a cloud moves or a lamp goes on; None
    for steady light. The jump is a factor of 0.35 to 1.7."""
    drifts = rng.random() < config.exposure_drift * config.blemishes
    jumps = rng.random() < config.exposure_jumps * config.blemishes
    if not drifts and not jumps:
        return None
    stops = np.zeros((frames, 3))
    if drifts:
        ends = rng.normal(0, 0.25, (2, 1)) + rng.normal(0, 0.1, (2, 3))
        share = np.linspace(0, 1, frames)[:, None]
        stops += (1 - share) * ends[0] + share * ends[1]
    if jumps:
        stops[int(rng.integers(1, frames)) :] += rng.uniform(np.log(0.35), np.log(1.7))
    return np.exp(stops)


def draw_codec(rng: np.random.Generator) -> Codec:
    """A codec that shows."""
    row, column = rng.integers(MACROBLOCK, size=2)
    hold = rng.uniform(1.5, 5.0) if rng.random() < 0.5 else 0.0
    return Codec(int(log_uniform(rng, 12, 80)), (int(row), int(column)), hold)


def record(frames: Sequence[np.ndarray], recording: Recording) -> np.ndarray:
    """(T, H, W, 3) uint8: the frames as the file gives them."""
    height, width = frames[0].shape[:2]
    shots = list(frames)
    if recording.shifts:
        shots = [apply_colours(shot, shift) for shot, shift in zip(shots, recording.shifts, strict=True)]
    if recording.blurs:
        shots = [cv2.GaussianBlur(shot, (0, 0), blur) for shot, blur in zip(shots, recording.blurs, strict=True)]
    if recording.noise is not None:
        shots = _grainy(shots, recording.noise)
    if recording.coarse < 1:
        few = coarse_size((height, width), recording.coarse)[::-1]
        shots = [cv2.resize(shot, few, interpolation=cv2.INTER_AREA) for shot in shots]
    if recording.codec is not None:
        shots = compress(shots, recording.codec)
    if recording.coarse < 1:
        shots = [cv2.resize(shot, (width, height), interpolation=cv2.INTER_LINEAR) for shot in shots]
    return np.stack(shots)


def coarse_size(size: tuple[int, int], coarse: float) -> tuple[int, int]:
    """Height and width of frames of which the share `coarse` of the resolution is kept."""
    return max(8, round(size[0] * coarse)), max(8, round(size[1] * coarse))


def _grainy(frames: Sequence[np.ndarray], noise: Noise) -> list[np.ndarray]:
    grain = noise.level * np.random.default_rng(noise.seed).standard_normal(frames[0].shape, np.float32)
    return [
        cv2.add(frame, np.roll(grain, place, (0, 1)), dtype=cv2.CV_8U)
        for frame, place in zip(frames, noise.places, strict=True)
    ]


def compress(frames: Sequence[np.ndarray], codec: Codec) -> list[np.ndarray]:
    """The frames after the codec, one after the other."""
    done: list[np.ndarray] = []
    for frame in frames:
        height, width = frame.shape[:2]
        top, left = codec.offset
        below, right = -(top + height) % MACROBLOCK, -(left + width) % MACROBLOCK
        framed = cv2.copyMakeBorder(frame, top, below, left, right, cv2.BORDER_REPLICATE)
        decoded = _jpeg(framed, codec.quality)
        if codec.hold and done:
            still = _still_blocks(framed, done[-1], codec.hold)
            decoded = np.where(still[..., None], done[-1], decoded)
        done.append(decoded)
    top, left = codec.offset
    return [frame[top : top + height, left : left + width] for frame in done]


def _still_blocks(frame: np.ndarray, last: np.ndarray, hold: float) -> np.ndarray:
    """(H, W) bool: pixels of the blocks that differ from `last` by less than `hold` levels on average."""
    blocks = (frame.shape[1] // MACROBLOCK, frame.shape[0] // MACROBLOCK)
    change = cv2.resize(cv2.absdiff(frame, last), blocks, interpolation=cv2.INTER_AREA).mean(-1)
    return np.asarray(change < hold).repeat(MACROBLOCK, 0).repeat(MACROBLOCK, 1)


def _jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise WorkError(f"OpenCV could not encode a JPEG of {image.shape}")
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB))
