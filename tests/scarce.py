"""Finds what a fresh machine lacks. Pure in the environment, so that it can be tested itself."""

from collections.abc import Mapping
from pathlib import Path

import torch

SCARCE = ("data", "golden", "gpu")


class Missing(Exception):
    """What is not there, and how to provide it."""


def must_have(environment: Mapping[str, str]) -> frozenset[str]:
    """Names in VOS_REQUIRE, whose absence is a failure rather than a skip."""
    names = frozenset(filter(None, environment.get("VOS_REQUIRE", "").split(",")))
    if unknown := names - set(SCARCE):
        raise ValueError(f"VOS_REQUIRE names {', '.join(sorted(unknown))}; known are {', '.join(SCARCE)}")
    return names


def data_root(environment: Mapping[str, str]) -> Path:
    """The folder that holds davis2016/, davis2017/ and train/."""
    return _folder(environment.get("VOS_DATA"), "VOS_DATA", "davis2016/, davis2017/ and train/")


def golden_root(environment: Mapping[str, str]) -> Path:
    """The folder of figures from official code; copies of some lie in tests/golden."""
    return _folder(
        environment.get("VOS_GOLDEN", str(Path(__file__).with_name("golden"))), "VOS_GOLDEN", "the golden files"
    )


def gpu_device() -> torch.device:
    """The first CUDA device."""
    if not torch.cuda.is_available():
        raise Missing("no CUDA device on this machine")
    return torch.device("cuda")


def _folder(value: str | None, variable: str, content: str) -> Path:
    if value is None:
        raise Missing(f"set {variable} to the folder that holds {content}")
    path = Path(value)
    if not path.is_dir():
        raise Missing(f"{variable} names {value}, which is not a folder; it should hold {content}")
    return path.resolve()
