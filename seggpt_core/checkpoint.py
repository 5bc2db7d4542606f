"""Weights, by model name or by file: what there is, loaded strictly or refused by name."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from seggpt_core.compact import Compact, CompactNet
from seggpt_core.config import PUBLISHED_SIZES, CompactConfig, SegGPTConfig
from seggpt_core.downloads import PUBLISHED, require_downloaded
from seggpt_core.errors import InputError
from seggpt_core.execution import EXACT, Execution
from seggpt_core.files import sha256
from seggpt_core.hub import Hub, HuggingFaceHub
from seggpt_core.model import Kind, SegGPT
from seggpt_core.official_format import has_checksums
from seggpt_core.own_format import Description, load_strictly, read_description, read_weights, write_weights
from seggpt_core.prompt import InContextModel
from seggpt_core.published import Ensemble, Published
from seggpt_core.published_files import ARCHITECTURE, Format, is_safetensors, read_published
from seggpt_core.readout import MatchingReadout
from seggpt_core.stem import Stem

__all__ = [
    "EMBEDDED",
    "PUBLISHED",
    "Description",
    "Verified",
    "embedded_weights",
    "load_model",
    "load_published",
    "load_strictly",
    "model_names",
    "read_weights",
    "sha256",
    "verify_file",
    "write_weights",
]

_WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True, kw_only=True, slots=True)
class Embedded:
    """Weights that travel in the package."""

    path: Path
    architecture: str
    """What the file calls its model."""
    terms: str | None = None
    """What limits their use, if anything does."""


EMBEDDED: Mapping[str, Embedded] = {
    "compact": Embedded(path=_WEIGHTS / "compact.safetensors", architecture="compact"),
    "compact-davis": Embedded(
        path=_WEIGHTS / "compact-davis.safetensors",
        architecture="compact",
        terms="non-commercial: learned from training clips of DAVIS-2016 too, which are CC BY-NC 4.0",
    ),
    "readout": Embedded(path=_WEIGHTS / "readout.safetensors", architecture="readout"),
}
"""By the names that `load_model` takes; the first is the default."""


def embedded_weights(name: str) -> Path:
    """The file of a model that travels in the package. Raises InputError if there is none of that name."""
    if name not in EMBEDDED:
        raise InputError(f"model {name!r}: the package holds weights of {', '.join(EMBEDDED)}")
    return EMBEDDED[name].path


def model_names() -> tuple[str, ...]:
    """Names that `load_model` takes; the first is the default."""
    return *EMBEDDED, PUBLISHED


def load_model(
    name: str,
    *,
    weights: Path | None = None,
    device: torch.device,
    kind: Kind | None = None,
    ensemble: Ensemble | None = None,
    execution: Execution = EXACT,
) -> InContextModel:
    """The model of that name, in eval mode on `device`, with its own weights or those in `weights`.

    kind, ensemble: of the published model, by default "instance" and "feature". execution: float32 by default; the
    readout has no other, the compact models take a precision. Raises InputError for an unknown name, for options that
    the model or the device has not, and for a file that is missing, damaged or of another model.
    """
    if name not in model_names():
        raise InputError(f"model {name!r}: there is {', '.join(model_names())}")
    if name == PUBLISHED:
        execution.require(device)
        published, weights_hash = load_published(weights, device)
        return Published(published, name, weights_hash, device, kind or "instance", ensemble or "feature", execution)
    path, architecture = weights or EMBEDDED[name].path, EMBEDDED[name].architecture
    options = {"kind": kind, "ensemble": ensemble} | execution.asked_for()
    if architecture == "compact":
        options.pop("precision", None)
    asked_for = ", ".join(f"{option} {value!r}" for option, value in options.items() if value is not None)
    if asked_for:
        raise InputError(f"model {name!r}: {asked_for}: such options are for {PUBLISHED} alone")
    description, tensors = read_weights(path)
    if description.model != architecture:
        raise InputError(f"{path}: weights of the model {description.model!r}, but {architecture!r} is needed")
    if architecture == "readout":
        stem = Stem()
        load_strictly(stem, tensors, path)
        return MatchingReadout(stem, sha256(path), device)
    net = CompactNet(_compact_config(description.config, path))
    load_strictly(net, tensors, path)
    return Compact(net, sha256(path), device, name, execution)


def load_published(
    path: Path | None, device: torch.device, hub: Hub | None = None, sizes: SegGPTConfig = PUBLISHED_SIZES
) -> tuple[SegGPT, str]:
    """SegGPT as published, in float32 and eval mode on `device`, and the SHA-256 of its file.

    path: a file in any of the three formats of `seggpt_core.published_files`; None takes the download that `hub`
    (by default Hugging Face's) has cached, and nothing is downloaded here. sizes: what the model must
    be of, unless its file says its own. Raises InputError where there is none, and for a file that is not strictly
    this model.
    """
    if path is None:
        found = require_downloaded(PUBLISHED, hub or HuggingFaceHub())
        net, _ = read_published(found.path, sizes)
        return net.to(device), found.trusted.sha256
    net, _ = read_published(path, sizes)
    return net.to(device), sha256(path)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """A weights file that loads strictly."""

    model: str
    """As our own format calls it."""
    format: Format
    sha256: str
    checked: bool
    """Whether the file holds a checksum of its contents, which was met. Without one a changed number goes unseen."""


def verify_file(path: Path, sizes: SegGPTConfig = PUBLISHED_SIZES) -> Verified:
    """Load a file of whatever model and format, strictly.

    sizes: what the published model must be of, unless the file says its own. Raises InputError for what is wrong.
    """
    if not is_safetensors(path):
        _, format = read_published(path, sizes)
        return Verified(model=ARCHITECTURE, format=format, sha256=sha256(path), checked=has_checksums(path))
    description = read_description(path)
    checked = description is not None and description.content_sha256 is not None
    if description is not None and description.model in EMBEDDED:
        loaded = load_model(description.model, weights=path, device=torch.device("cpu"))
        return Verified(model=description.model, format="own", sha256=loaded.weights_hash, checked=checked)
    _, format = read_published(path, sizes)
    return Verified(model=ARCHITECTURE, format=format, sha256=sha256(path), checked=checked)


def _compact_config(values: Mapping[str, object], path: Path) -> CompactConfig:
    known = {field.name for field in dataclasses.fields(CompactConfig)}
    if set(values) != known:
        raise InputError(f"{path}: its description names {sorted(values)}, but {sorted(known)} is needed")
    sizes = {name: value for name, value in values.items() if isinstance(value, int)}
    if len(sizes) != len(known):
        raise InputError(f"{path}: its description holds {dict(values)}, but whole numbers are needed")
    return CompactConfig(**sizes)
