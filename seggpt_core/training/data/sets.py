"""The sets a library knows: what their files mean and how often each is drawn.

A set is the first folder of a path inside a tar shard (`ccp/0001.webp`). Weights are shares among the
sets of one use; they are not per item, so that a large set of drawings does not drown a small one of
photographs.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["labelled", "cutout", "sequence", "background", "clip"]
Group = Literal["none", "class", "view"]
Cut = Literal["never", "each", "merged"]


@dataclass(frozen=True, kw_only=True)
class SetSpec:
    """How one set is read and used."""

    kind: Kind
    weight: float
    """Share among the sets of its use: foregrounds, backgrounds, or, for labelled sets, images moved as a whole."""
    cut: Cut = "never"
    """Labelled sets: what may be cut out and pasted: nothing, one label, or all labels together."""
    cut_weight: float = 0.0
    """Share as a source of foreground, beside the `weight` of cut-outs and sequences."""
    scene_weight: float = 0.0
    """Labelled sets: share as a background, beside the `weight` of background sets."""
    semantic: bool = False
    """Labels are classes, which mean the same in every image of the set."""
    mergeable: bool = False
    """All labels of an image together are an object too: a person of clothes, a vehicle of parts."""
    pinholes: float = 0.0
    """Background patches smaller than this share of an image are holes in its one object; 0 leaves them."""
    group: Group = "none"
    """What a name tells of its group: `class__rest` or `object-elevation-azimuth`."""
    two_valued: bool = False
    """A mask of 0 and 255 alone is one object; elsewhere 255 is always ignored."""


SETS: dict[str, SetSpec] = {
    "ccp": SetSpec(
        kind="labelled",
        weight=2.0,
        cut="merged",
        cut_weight=2.5,
        scene_weight=0.5,
        semantic=True,
        mergeable=True,
    ),
    "coco_minis": SetSpec(kind="labelled", weight=2.0, cut="each", cut_weight=2.0, scene_weight=2.0),
    "coco128seg": SetSpec(kind="labelled", weight=0.8, cut="each", cut_weight=0.8, scene_weight=0.8),
    "human290": SetSpec(
        kind="labelled", weight=1.5, cut="merged", cut_weight=2.0, scene_weight=0.7, semantic=True, pinholes=0.003
    ),
    "feral_cat": SetSpec(kind="labelled", weight=2.0, cut="each", cut_weight=1.5, scene_weight=1.5),
    "facades_cc_by": SetSpec(kind="labelled", weight=0.8, scene_weight=1.0, semantic=True),
    "fasseg_faces": SetSpec(kind="labelled", weight=0.5, semantic=True),
    "dsb2018_nuclei": SetSpec(kind="labelled", weight=0.1, mergeable=True),
    "rail_vehicles": SetSpec(
        kind="labelled",
        weight=0.7,
        cut="merged",
        cut_weight=0.7,
        scene_weight=0.5,
        semantic=True,
        mergeable=True,
    ),
    "eth80": SetSpec(kind="labelled", weight=0.2, cut="merged", cut_weight=1.2, group="view"),
    "cutouts_caltech101": SetSpec(kind="cutout", weight=3.0, group="class"),
    "cutouts_fluent3d": SetSpec(kind="cutout", weight=1.0),
    "cutouts_openclipart": SetSpec(kind="cutout", weight=0.7),
    "cutouts_tuxpaint": SetSpec(kind="cutout", weight=1.0),
    "cutouts_wesnoth": SetSpec(kind="cutout", weight=0.4),
    "cutouts_grocery": SetSpec(kind="cutout", weight=0.2),
    "cutout_sequences_fluent_anim": SetSpec(kind="sequence", weight=0.6),
    "backgrounds": SetSpec(kind="background", weight=3.0),
    "scenes_caltech101": SetSpec(kind="background", weight=6.0),
    "backgrounds_grocery": SetSpec(kind="background", weight=1.2),
    "textures_openarena": SetSpec(kind="background", weight=0.6),
    "davis2016_train": SetSpec(kind="clip", weight=1.0),
}

USER_SET = SetSpec(kind="labelled", weight=4.0, cut="each", cut_weight=4.0, scene_weight=2.0, two_valued=True)
"""How a user's own folder of images and masks is used: as a set of labelled images."""
