"""Clips and masks in; masks, overlays and contact sheets out."""

from vos.io.backward import backward
from vos.io.class_masks import ClassMasks, hex_colour, read_class_masks
from vos.io.clip import Clip, ClipInfo
from vos.io.coco import CocoWriter
from vos.io.contact_sheet import ContactSheetWriter, contact_sheet, evenly_spaced
from vos.io.images import find_images, open_image, read_image
from vos.io.live import LiveClip, is_live, live_name
from vos.io.masks import MaskWriter, mask_name, object_ids, read_mask, require_size, write_mask
from vos.io.numbering import natural_key
from vos.io.open import open_clip
from vos.io.overlay import paint_overlay
from vos.io.overlay_movie import OverlayWriter
from vos.io.palette import DAVIS_PALETTE, DISPLAY_COLOURS, recoloured
from vos.io.pictures import write_picture
from vos.io.soft_masks import write_soft_mask

__all__ = [
    "DAVIS_PALETTE",
    "DISPLAY_COLOURS",
    "ClassMasks",
    "Clip",
    "ClipInfo",
    "CocoWriter",
    "ContactSheetWriter",
    "LiveClip",
    "MaskWriter",
    "OverlayWriter",
    "backward",
    "contact_sheet",
    "evenly_spaced",
    "find_images",
    "hex_colour",
    "is_live",
    "live_name",
    "mask_name",
    "natural_key",
    "object_ids",
    "open_clip",
    "open_image",
    "paint_overlay",
    "read_class_masks",
    "read_image",
    "read_mask",
    "recoloured",
    "require_size",
    "write_mask",
    "write_picture",
    "write_soft_mask",
]
