"""Colours of pictures: shifts of gamma, saturation, gain and offset. All on (H, W, 3) uint8 RGB."""

from dataclasses import dataclass

import cv2
import numpy as np

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
    return cv2.transform(cv2.LUT(image, np.rint(levels).astype(np.uint8)), colour_matrix(shift))


def colour_matrix(shift: ColourShift) -> np.ndarray:
    """(3, 4) float32 of what follows the gamma: factors of red, green and blue, then the offset."""
    grey = np.ones((3, 1)) * LUMA * (1 - shift.saturation)
    matrix = np.diag(shift.gain) @ (shift.saturation * np.eye(3) + grey)
    return np.column_stack([matrix, np.full(3, shift.offset)]).astype(np.float32)
