"""Mattes made larger, smaller, softer, or free of specks."""

import cv2
import numpy as np

from vos.matte.band import HALF, Area
from vos.types import Plane


def grown(alpha: Plane, pixels: int) -> Plane:
    """The edge moved outwards by so many pixels, or inwards by a negative number; at the picture's border it stays.

    alpha: (H, W) float32 0..1.
    """
    if pixels == 0:
        return alpha
    side = 2 * abs(pixels) + 1
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.dilate(alpha, disk) if pixels > 0 else cv2.erode(alpha, disk)


def feathered(alpha: Plane, pixels: float) -> Plane:
    """The edge blurred over about so many pixels: by a Gaussian whose standard deviation is half of them.

    alpha: (H, W) float32 0..1. At the picture's border nothing fades.
    """
    if pixels == 0:
        return alpha
    return cv2.GaussianBlur(alpha, (0, 0), pixels / 2, borderType=cv2.BORDER_REPLICATE)


def despeckled(alpha: Plane, pixels: int, skirt: int) -> Plane:
    """Without islands of fewer than `pixels` pixels and with holes of fewer filled.

    alpha: (H, W) float32 0..1; an island or a hole is what 0.5 parts from the rest. skirt: how far around an island or
    hole its soft edge reaches, which goes with it.
    """
    if pixels == 0:
        return alpha
    inside = alpha >= HALF
    islands = _small_parts(inside, pixels, connectivity=8)
    cleared = np.where(_around(islands, inside & ~islands, skirt), 0, alpha).astype(np.float32)
    outside = cleared < HALF
    holes = _small_parts(outside, pixels, connectivity=4)
    return np.where(_around(holes, outside & ~holes, skirt), 1, cleared).astype(np.float32)


def _small_parts(area: Area, pixels: int, connectivity: int) -> Area:
    _, parts, figures, _ = cv2.connectedComponentsWithStats(area.astype(np.uint8), connectivity=connectivity)
    small = figures[:, cv2.CC_STAT_AREA] < pixels
    small[0] = False
    return np.asarray(small[parts])


def _around(parts: Area, others: Area, skirt: int) -> Area:
    """The parts and what lies within `skirt` pixels of them, unless it is as near to others of their kind."""
    if not parts.any():
        return parts
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * skirt + 1, 2 * skirt + 1))
    near, kept = (cv2.dilate(area.astype(np.uint8), disk).astype(bool) for area in (parts, others))
    return parts | (near & ~kept)
