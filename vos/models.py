"""The model that settings name: one of ours, or a class of the user's own."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from seggpt_core.checkpoint import load_model
from seggpt_core.execution import Execution
from seggpt_core.prompt import InContextModel
from vos.errors import InputError
from vos.settings import ModelSettings, resolve_device

if TYPE_CHECKING:
    import torch

_ANSWERS = (
    "name",
    "weights_hash",
    "slots",
    "multiple",
    "input_size",
    "resampling",
    "crops",
    "device",
    "encode_frame",
    "encode_prompts",
    "prepare",
    "segment",
)
"""What `seggpt_core.prompt.InContextModel` asks of a model."""


def build_model(settings: ModelSettings) -> InContextModel:
    """The model, loaded, on the settings' device.

    `model` is a name that `seggpt_core.checkpoint` knows, or `package.module:Class`: a class on Python's path that
    is called with `weights` (a path or None) and `device` and answers as `seggpt_core.prompt.InContextModel` does.
    Raises InputError for a model that there is not, and for weights or options that do not suit it.
    """
    device = resolve_device(settings.device)
    execution = Execution(precision=settings.precision, compile=settings.compile, cuda_graphs=settings.cuda_graphs)
    if ":" in settings.model:
        if settings.kind or settings.ensemble or execution.asked_for():
            raise InputError(
                f"model {settings.model!r}: kind, ensemble, precision, compile and cuda_graphs are options of our "
                "models only"
            )
        return _users_own(settings.model, settings.weights, device)
    return load_model(
        settings.model,
        weights=settings.weights,
        device=device,
        kind=settings.kind,
        ensemble=settings.ensemble,
        execution=execution,
    )


def _users_own(name: str, weights: Path | None, device: "torch.device") -> InContextModel:
    module_name, _, class_name = name.partition(":")
    try:
        make = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"model {name!r}: cannot be imported as package.module:Class ({error}); a module of the current folder is "
            "found with PYTHONPATH=. in front of the command"
        ) from error
    if not callable(make):
        raise InputError(f"model {name!r}: {class_name} is a {type(make).__name__}, but a class is needed")
    model: InContextModel = make(weights=weights, device=device)
    missing = [answer for answer in _ANSWERS if not hasattr(model, answer)]
    if missing:
        raise InputError(f"model {name!r}: it has no {', '.join(missing)}; see seggpt_core.prompt.InContextModel")
    return model
