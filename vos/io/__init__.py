"""Clips and masks in; masks, overlays and contact sheets out."""

from vos.io.clip import Clip, ClipInfo
from vos.io.contact_sheet import ContactSheetWriter, contact_sheet, evenly_spaced
from vos.io.masks import MaskWriter, mask_name, object_ids, read_mask, require_size, write_mask
from vos.io.movie import OverlayWriter
from vos.io.open import open_clip
from vos.io.overlay import paint_overlay
from vos.io.palette import DAVIS_PALETTE, DISPLAY_COLOURS
from vos.io.pictures import write_picture

__all__ = [
    "DAVIS_PALETTE",
    "DISPLAY_COLOURS",
    "Clip",
    "ClipInfo",
    "ContactSheetWriter",
    "MaskWriter",
    "OverlayWriter",
    "contact_sheet",
    "evenly_spaced",
    "mask_name",
    "object_ids",
    "open_clip",
    "paint_overlay",
    "read_mask",
    "require_size",
    "write_mask",
    "write_picture",
]
