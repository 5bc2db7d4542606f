"""What `configs/datasets/<name>.yaml` says of a data set: which reader takes it, and where things lie."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from vos.datasets.description import LabelRule


class SplitLayout(BaseModel):
    """Where one split lies. Of several places the first that there is is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folders: tuple[str, ...] = (".",)
    """Below the root: what all other places but `images` are relative to."""
    images: tuple[str, ...] = Field(min_length=1)
    """Folder of the clips, relative to the root or to one of `folders`."""
    annotations: str
    lists: tuple[str, ...] = ()
    """Files that name the sequences; without any, every folder of `images` is one."""
    meta: tuple[str, ...] = ()
    """JSON files that name sequences and objects, for the readers that need one."""
    hidden: bool = False
    """Whether the benchmark keeps the truth to itself: then only the given masks need be there."""


class DatasetPreset(BaseModel):
    """A data set in its official layout."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reader: Literal["label_maps", "youtube_vos", "lvos", "sa_v"]
    """Function of `vos.datasets` that knows the layout."""
    labels: LabelRule
    protocol: str
    """Whose rules score it: a value of `vos.metrics.Protocol`."""
    objects: Literal["first_mask", "every_mask"] = "first_mask"
    """Of `label_maps`: 1..max of the first mask, or every id of any mask."""
    sparse: bool = False
    """Of `label_maps`: whether frames without a mask are left out of the score, not an error."""
    drops_other_ids: bool = False
    """Whether a predicted id that is no object counts as background; else it is an error."""
    seen: frozenset[str] = frozenset()
    """Of `youtube_vos`: the categories that training has."""
    unseen: frozenset[str] = frozenset()
    """Of `lvos`: the sequences of which training has no category."""
    splits: dict[str, SplitLayout] = Field(min_length=1)
