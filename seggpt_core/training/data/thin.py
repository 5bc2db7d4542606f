"""Thin parts: limbs, stalks and wires that are drawn onto objects, and poles and twigs close to the camera."""

import cv2
import numpy as np

from seggpt_core.training.data.motion import log_uniform

BENDS = 6
"""Straight pieces of a drawn line."""
SUBPIXEL = 4
"""Binary digits of subpixel places in OpenCV's drawing."""


def add_thin_parts(rng: np.random.Generator, sprite: np.ndarray, least: float) -> np.ndarray:
    """The sprite (h, w, 4) uint8 RGBA, colours not multiplied by alpha, with one to four thin parts that begin on it.

    They are at least `least` sprite pixels thick, of the colours where they begin, and lie behind it.
    """
    height, width = sprite.shape[:2]
    side = max(height, width)
    room = int(0.4 * side)
    grown = cv2.copyMakeBorder(sprite, room, room, room, room, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    rows, columns = np.nonzero(grown[..., 3] > 200)
    if not len(rows):
        return sprite
    middle = np.array([columns.mean(), rows.mean()])
    behind = np.zeros_like(grown)
    for _ in range(int(rng.integers(1, 5))):
        chosen = int(rng.integers(len(rows)))
        start = np.array([columns[chosen], rows[chosen]], float)
        outwards = float(np.arctan2(*(start - middle)[::-1])) + rng.normal(0, 0.4)
        colour = grown[rows[chosen], columns[chosen], :3] * rng.uniform(0.5, 1.0)
        thickness = max(least, side * log_uniform(rng, 0.008, 0.05))
        draw_line(rng, behind, start, outwards, side * rng.uniform(0.3, 0.9), thickness, colour)
    visible = grown[..., 3:] > 127
    colours = np.where(visible, grown[..., :3], behind[..., :3])
    return np.dstack([colours, np.maximum(grown[..., 3], behind[..., 3])])


def twigs(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """(h, w, 4) uint8 RGBA: a few lines from border to border, half as large again as a frame of `size`."""
    height, width = (round(1.5 * side) for side in size)
    sprite = np.zeros((height, width, 4), np.uint8)
    upright = rng.random() < 0.6
    colour = rng.uniform(20, 200) * np.exp(rng.normal(0, 0.15, 3))
    for _ in range(int(rng.integers(1, 6))):
        along = rng.uniform(0, width if upright else height)
        start = np.array([along, 0.0] if upright else [0.0, along])
        heading = (np.pi / 2 if upright else 0.0) + rng.normal(0, 0.2)
        thickness = max(size) * log_uniform(rng, 0.006, 0.05)
        draw_line(rng, sprite, start, heading, 1.1 * max(height, width), thickness, colour * rng.uniform(0.7, 1.3))
    return sprite


def draw_line(
    rng: np.random.Generator,
    sprite: np.ndarray,
    start: np.ndarray,
    heading: float,
    length: float,
    thickness: float,
    colour: np.ndarray,
) -> None:
    """Draw a bent line of an even colour with some grain into sprite (h, w, 4) uint8 RGBA, in place."""
    headings = heading + np.cumsum(rng.normal(0, 0.2, BENDS))
    steps = length / BENDS * np.column_stack([np.cos(headings), np.sin(headings)])
    points = np.concatenate([start[None], start + np.cumsum(steps, 0)])
    fixed = np.round(points * 2**SUBPIXEL).astype(np.int32)
    alpha = np.zeros(sprite.shape[:2], np.uint8)
    cv2.polylines(alpha, [fixed], False, 255, max(1, round(thickness)), cv2.LINE_AA, SUBPIXEL)
    left, top, width, height = cv2.boundingRect(alpha)
    box = np.s_[top : top + height, left : left + width]
    mask = alpha[box] > 0
    grain = rng.normal(1.0, 0.12, (height, width, 1))
    sprite[box][..., :3][mask] = np.clip(colour * grain, 0, 255).astype(np.uint8)[mask]
    sprite[box][..., 3] = np.maximum(sprite[box][..., 3], alpha[box])
