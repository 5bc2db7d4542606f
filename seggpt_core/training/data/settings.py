"""What the data engine can be told."""

from dataclasses import dataclass, fields

from seggpt_core.errors import InputError
from seggpt_core.training.data.colours import MAX_OBJECTS

PROBABILITIES = (
    "twins",
    "siblings",
    "occluders",
    "crowds",
    "herds",
    "crossings",
    "near",
    "thin_parts",
    "parallax",
    "follows",
    "zooms",
    "rolls",
    "shakes",
    "motion_blur",
    "filmed",
    "exposure_drift",
    "exposure_jumps",
    "codecs",
    "shadows",
    "leaves",
    "returns",
    "elastic",
    "scene_objects",
    "scene_elastic",
)
"""Fields of EngineConfig that lie in 0..1."""


@dataclass(frozen=True, kw_only=True)
class KindWeights:
    """Shares of the kinds of samples; those that a library cannot serve are left out."""

    composite: float = 0.6
    """Cut-outs over a moving background."""
    whole: float = 0.25
    """One labelled image, moved as a whole."""
    pairs: float = 0.07
    """Different images of one class, or views of one object, each over its own background."""
    mix: float = 0.05
    """Mix-context: images of one set of classes, stitched and cropped."""
    clip: float = 0.25
    """Frames of a real clip."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 0:
                raise InputError(f"the weight of {field.name} is {getattr(self, field.name)}; weights are 0 or more")


@dataclass(frozen=True, kw_only=True)
class EngineConfig:
    """What samples look like. Probabilities are in 0..1."""

    frames: int = 3
    """Frames a sample: one that is given, then those to paint, in order of time."""
    objects: int = 3
    """Objects a sample at most."""
    weights: KindWeights = KindWeights()
    twins: float = 0.3
    """Probability that a composite holds a look-alike of an object, which is background."""
    siblings: float = 0.2
    """Probability that the objects of a composite look alike: only place tells which is which."""
    occluders: float = 0.2
    """Probability that something else, which is background, moves over or behind the objects."""
    crowds: float = 0.2
    """Probability that a composite's objects are small, and many things like them, all background, move among them."""
    scene_objects: float = 0.4
    """Probability that a labelled image used as background keeps objects of its own."""
    scene_elastic: float = 0.25
    """Probability that the background is deformed too."""
    herds: float = 0.4
    """Probability that a crowd looks like the first object: only place tells it apart."""
    crossings: float = 0.4
    """Probability that a twin or an occluder crosses an object's way, in front of it or behind."""
    near: float = 0.12
    """Probability that something close to the camera, which is background, hides a part of the frame."""
    thin_parts: float = 0.12
    """Probability that limbs, stalks or wires are drawn onto an object."""
    parallax: float = 0.5
    """Probability that the layers of a composite lie at different depths, so that the camera moves them apart."""
    follows: float = 0.25
    """Probability that the camera goes along with an object."""
    zooms: float = 0.25
    """Probability that the camera zooms in or out by more than its drift brings about."""
    rolls: float = 0.15
    """Probability that the camera turns about its axis by more than its drift brings about."""
    shakes: float = 0.3
    """Probability that the camera is held by hand: it jumps a little from frame to frame."""
    motion_blur: float = 0.35
    """Probability that the shutter is open long enough for what moves to smear, each layer by its own motion."""
    filmed: float = 0.5
    """Probability that a labelled image moved as a whole is filmed by such a camera, rather than seen anew in
    each frame."""
    exposure_drift: float = 0.3
    """Probability that exposure and white balance drift through a clip."""
    exposure_jumps: float = 0.1
    """Probability that the exposure jumps once in a clip."""
    codecs: float = 0.4
    """Probability that a clip was compressed: blocks, coarse colours, blocks that repeat the last frame."""
    shadows: float = 0.15
    """Probability that an object throws a shadow, which is background."""
    leaves: float = 0.1
    """Probability that one object is gone from some later frame on."""
    returns: float = 0.2
    """Probability that one object of a composite that none leaves is gone for a while and returns elsewhere; samples
    of two frames have no room for it."""
    elastic: float = 0.6
    """Probability that an object is deformed."""
    blemishes: float = 1.0
    """Strength of colour shifts, and a factor on how often light changes and clips are defocused, noisy, coarse or
    compressed; 0 for none."""

    def __post_init__(self) -> None:
        if self.frames < 2:
            raise InputError(f"a sample of {self.frames} frames has none to paint; frames must be 2 or more")
        if not 1 <= self.objects <= MAX_OBJECTS:
            raise InputError(f"objects is {self.objects}; it must be 1 to {MAX_OBJECTS}")
        for name in PROBABILITIES:
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} is {getattr(self, name)}; it is a probability, 0 to 1")
