"""What can be wrong with the pictures of a clip: pure functions of a frame and its number, at any size."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from vos.errors import WorkError
from vos.types import Image

BLUR_SHARE = 1 / 160
"""Standard deviation of the blur over the picture's height: 3 pixels at 480p."""
NOISE_LEVELS = 25.0
"""Standard deviation of the noise, in 8-bit levels."""
DARK_FACTOR = 0.25
JPEG_QUALITY = 20

Degradation = Callable[[Image, int], Image]
"""(H, W, 3) uint8 RGB and the frame's number → the same, worse. Equal arguments give equal pictures."""


def unchanged(image: Image, number: int) -> Image:
    """The picture itself."""
    return image


def blurred(image: Image, number: int) -> Image:
    """Out of focus: a Gaussian of 1/160 of the height."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), BLUR_SHARE * image.shape[0]), np.uint8)


def noisy(image: Image, number: int) -> Image:
    """Gaussian noise of 25 levels, every pixel and colour and every frame by itself."""
    noise = np.random.default_rng(number).normal(0, NOISE_LEVELS, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def dark(image: Image, number: int) -> Image:
    """A quarter of every value, rounded: three quarters of the levels are lost as well."""
    return np.rint(DARK_FACTOR * image).astype(np.uint8)


def compressed(image: Image, number: int) -> Image:
    """JPEG at quality 20, colours at half the resolution."""
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR]
    options.append(cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise WorkError(f"OpenCV could not encode a JPEG of {image.shape}")
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)


def halved(image: Image, number: int) -> Image:
    """Averaged down to half the height and width, and enlarged again."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


DEGRADATIONS: Mapping[str, Degradation] = {
    "none": unchanged,
    "blur": blurred,
    "noise": noisy,
    "dark": dark,
    "jpeg 20": compressed,
    "half resolution": halved,
}
