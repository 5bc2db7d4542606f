"""Presets and their validation: YAML in, frozen settings out, one line that says what is wrong otherwise."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from vos.errors import InputError
from vos.memory.policies import PolicyName

if TYPE_CHECKING:
    import torch

_SIZE = re.compile(r"(\d+)\s*[x×]\s*(\d+)")


def parse_size(text: str) -> tuple[int, int]:
    """`288x512` → (288, 512): height and width in pixels, both at least 1."""
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None or 0 in (size := (int(match[1]), int(match[2]))):
        raise InputError(f"size {text!r}: must be HEIGHTxWIDTH in pixels, for instance 288x512")
    return size


def _size(value: object) -> object:
    return value if value is None or isinstance(value, (list, tuple)) else parse_size(str(value))


_Side = Annotated[int, Field(ge=1)]


class ModelSettings(BaseModel):
    """Which model, and how pictures reach it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "compact"
    """Name of a model that `seggpt_core.checkpoint` knows, or `package.module:Class`, see `vos.models`."""
    weights: Path | None = None
    """A file of weights; None takes the model's own."""
    kind: Literal["instance", "semantic"] | None = None
    """What the published model is told that it segments; None takes its instances. Other models take none."""
    ensemble: Literal["feature", "spatial"] | None = None
    """How the published model puts several prompts together; None takes its features. Other models take none."""
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    """Number format of the compact and the published models' products. Other models know float32 alone."""
    compile: bool = False
    """Run the published model's blocks through `torch.compile`; on a GPU."""
    cuda_graphs: bool = False
    """Replay the published model's frames as CUDA graphs; on a GPU."""
    pixels: int = Field(default=320 * 576, ge=1024, le=4096**2)
    """About how many the model input has; the aspect is kept as nearly as the model's multiple allows."""
    size: Annotated[tuple[_Side, _Side] | None, BeforeValidator(_size)] = None
    """Model input (height, width) in pixels, instead of `pixels`."""
    device: Literal["auto", "cpu", "cuda"] = "auto"


class TrackerSettings(ModelSettings):
    """How a clip is tracked. `configs/trackers/default.yaml` says why its values are what they are."""

    memory: int = Field(default=8, ge=0, le=256)
    """K: remembered frames besides the user's masks; 0 is the user's masks alone."""
    policy: PolicyName = "stride"
    """Which frames are remembered, see `vos.memory.policies`."""
    stride: int = Field(default=4, ge=1)
    """`stride` and `gated`: frames between the ones kept for longer."""
    min_confidence: float = Field(default=0.3, ge=0, le=1)
    """`gated`: an object below it counts as not seen."""
    colours: Literal["tetrahedron", "white"] = "tetrahedron"
    """Three objects a pass in colours equally far apart, or one, white on black."""
    soft_memory: bool = True
    """Remember probabilities as mixed colours; false remembers the winner's colour."""
    trust: float = Field(default=8.0, ge=1, le=1000)
    """How much a pixel of a mask that the user gave counts in matching beside one of a remembered prediction."""
    zoom: float = Field(default=2.0, ge=1)
    """How many times larger than in the whole frame objects may be shown to a model that takes crops, `compact` and
    `readout`, see `vos.focus`; 1 shows whole frames, which other models are always shown."""
    memory_mib: int = Field(default=256, ge=1)
    """Bound on remembered features of three objects, in MiB; the oldest predicted frames go first."""


SettingsT = TypeVar("SettingsT", bound=ModelSettings)


def model_settings(**given: Any) -> ModelSettings:
    """Model settings without a tracker; those that are None take their defaults.

    Raises InputError that names the option, the value received and what is right.
    """
    return _validated(ModelSettings, _given(given), "option")


def load_tracker(name_or_file: str | Path = "default", **overrides: Any) -> TrackerSettings:
    """The preset of that name, or the YAML file, with overrides; those that are None are ignored.

    Raises InputError that names the file or option, the field, the value received and what is right.
    """
    path = preset_path("trackers", name_or_file)
    given = read_yaml(path)
    _validated(TrackerSettings, given, str(path))
    return _validated(TrackerSettings, given | _given(overrides), "option")


def preset_path(kind: str, name_or_file: str | Path) -> Path:
    """Where the preset lies: `configs/<kind>/<name>.yaml`, or the file itself if a path is given.

    kind: a folder of `configs`, such as `trackers`. What has a folder or an ending is taken for a file.
    """
    given = Path(name_or_file)
    if given.suffix or len(given.parts) != 1:
        if not given.is_file():
            raise InputError(f"{given}: no such file; give a YAML file or one of the presets {_names(kind)}")
        return given
    path = _folder(kind) / f"{given}.yaml"
    if not path.is_file():
        raise InputError(f"no preset {str(given)!r} in {kind}: the presets are {_names(kind)}, or give a YAML file")
    return path


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds; InputError where it holds anything else."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: cannot be read as YAML: {reason}") from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise InputError(f"{path}: holds {type(content).__name__}, but must hold `field: value` lines")
    return content


def resolve_device(name: str) -> "torch.device":
    """`cpu`, `cuda`, or `auto`: CUDA where there is any."""
    import torch

    if name not in ("auto", "cpu", "cuda"):
        raise InputError(f"device {name!r}: must be auto, cpu or cuda")
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise InputError("device 'cuda': this machine has no CUDA device that PyTorch can use; give cpu or auto")
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _validated(kind: type[SettingsT], values: dict[str, Any], source: str) -> SettingsT:
    try:
        return kind(**values)
    except InputError as error:
        raise InputError(f"{source}: {error}") from error
    except ValidationError as error:
        raise InputError("; ".join(_told(kind, source, problem) for problem in error.errors())) from error


def _told(kind: type[ModelSettings], source: str, problem: Any) -> str:
    field = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{source}: no field {field!r}; the fields are {', '.join(kind.model_fields)}"
    wish = problem["msg"][0].lower() + problem["msg"][1:]
    return f"{source}: {field} is {problem['input']!r}: {wish}"


def _folder(kind: str) -> Path:
    """In a wheel the presets lie inside the package, in the repository at its top."""
    installed = Path(__file__).parent / "configs" / kind
    return installed if installed.is_dir() else Path(__file__).parents[1] / "configs" / kind


def _names(kind: str) -> str:
    return ", ".join(sorted(path.stem for path in _folder(kind).glob("*.yaml"))) or "(none)"
