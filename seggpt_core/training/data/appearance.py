"""How pictures look: colour shifts, blur, noise, compression. All on (H, W, 3) uint8 RGB."""

from dataclasses import dataclass

import cv2
import numpy as np

from seggpt_core.errors import WorkError

LUMA = np.array([0.299, 0.587, 0.114])
"""ITU-R BT.601 weights of red, green and blue."""


@dataclass(frozen=True)
class ColourShift:
    """A change of colours: gamma, then saturation and gain a channel, then an offset."""

    gamma: float
    saturation: float
    gain: tuple[float, float, float]
    offset: float
    """In 8-bit levels."""

    def near(self, rng: np.random.Generator, amount: float) -> "ColourShift":
        """A slightly different one, as light changes from frame to frame."""
        gain = np.asarray(self.gain) * np.exp(amount * (rng.normal(0, 0.10) + rng.normal(0, 0.03, 3)))
        return ColourShift(
            self.gamma * float(np.exp(amount * rng.normal(0, 0.10))),
            self.saturation * float(np.exp(amount * rng.normal(0, 0.10))),
            (float(gain[0]), float(gain[1]), float(gain[2])),
            self.offset + amount * float(rng.normal(0, 5)),
        )


UNCHANGED = ColourShift(1.0, 1.0, (1.0, 1.0, 1.0), 0.0)


def draw_shift(rng: np.random.Generator, strength: float) -> ColourShift:
    """A random change; at strength 1 a gain of about 14 % and a tint of about 7 %."""
    gain = np.exp(strength * (rng.normal(0, 0.14) + rng.normal(0, 0.07, 3)))
    saturation = 0.0 if rng.random() < 0.03 * strength else float(np.exp(strength * rng.normal(0, 0.25)))
    return ColourShift(
        float(np.exp(strength * rng.normal(0, 0.14))),
        saturation,
        (float(gain[0]), float(gain[1]), float(gain[2])),
        strength * float(rng.normal(0, 8)),
    )


def apply_colours(image: np.ndarray, shift: ColourShift) -> np.ndarray:
    """The image with changed colours, (H, W, 3) uint8."""
    if shift == UNCHANGED:
        return image
    levels = 255.0 * (np.arange(256) / 255.0) ** shift.gamma
    image = cv2.LUT(image, np.clip(levels, 0, 255).astype(np.uint8))
    grey = np.ones((3, 1)) * LUMA * (1 - shift.saturation)
    matrix = np.diag(shift.gain) @ (shift.saturation * np.eye(3) + grey)
    return cv2.transform(image, np.column_stack([matrix, np.full(3, shift.offset)]).astype(np.float32))


def motion_kernel(direction: np.ndarray, length: float) -> np.ndarray:
    """A normalised line of `length` pixels along `direction` (x, y), as a square odd-sized kernel."""
    reach = max(1, int(np.ceil(length / 2)))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    unit = direction / max(1e-6, float(np.hypot(*direction)))
    for along in np.linspace(-length / 2, length / 2, 4 * reach + 1):
        x, y = reach + along * unit
        kernel[round(float(y)), round(float(x))] += 1
    return kernel / kernel.sum()


@dataclass(frozen=True)
class Camera:
    """What a camera does to all frames of a clip."""

    shift: ColourShift
    flicker: float
    """How far colours differ from frame to frame; 0 not at all."""
    blur: float
    """Largest standard deviation in pixels, frames differ; 0 for none."""
    noise: float
    """Standard deviation in 8-bit levels; 0 for none."""
    jpeg: int
    """JPEG quality; 0 for no compression."""
    coarse: float
    """Share of the resolution that is kept; 1 for all."""


def draw_camera_look(rng: np.random.Generator, strength: float) -> Camera:
    """Random blemishes; each leaves most clips alone."""
    return Camera(
        shift=draw_shift(rng, 0.7 * strength) if rng.random() < 0.7 else UNCHANGED,
        flicker=strength * rng.uniform(0, 1) if rng.random() < 0.6 else 0.0,
        blur=rng.uniform(0.4, 1.5) if rng.random() < 0.2 * strength else 0.0,
        noise=rng.uniform(1.5, 10) if rng.random() < 0.3 * strength else 0.0,
        jpeg=int(rng.integers(30, 90)) if rng.random() < 0.35 * strength else 0,
        coarse=rng.uniform(0.4, 0.8) if rng.random() < 0.12 * strength else 1.0,
    )


def photograph(rng: np.random.Generator, frames: list[np.ndarray], camera: Camera) -> np.ndarray:
    """(T, H, W, 3) uint8: the frames as the camera gives them."""
    height, width = frames[0].shape[:2]
    grain = camera.noise * rng.standard_normal((height, width, 3), np.float32) if camera.noise else None
    shots = []
    for frame in frames:
        shift = camera.shift.near(rng, camera.flicker) if camera.flicker else camera.shift
        shot = apply_colours(frame, shift)
        if camera.coarse < 1:
            small = cv2.resize(shot, None, fx=camera.coarse, fy=camera.coarse, interpolation=cv2.INTER_AREA)
            shot = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
        if camera.blur:
            shot = cv2.GaussianBlur(shot, (0, 0), camera.blur * rng.uniform(0.3, 1.0))
        if grain is not None:
            offset = rng.integers((height, width))
            shot = cv2.add(shot, np.roll(grain, offset, (0, 1)), dtype=cv2.CV_8U)
        if camera.jpeg:
            shot = _compress(shot, camera.jpeg)
        shots.append(shot)
    return np.stack(shots)


def _compress(image: np.ndarray, quality: int) -> np.ndarray:
    """The image after JPEG; red and blue change places on both ways, which artefacts hardly show."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise WorkError(f"OpenCV could not encode a JPEG of {image.shape}")
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
