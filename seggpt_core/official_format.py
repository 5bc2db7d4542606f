"""The official `.pth`: a pickled dict whose `model` holds the tensors. No code in it is ever run.

The authors' training code saves its command line, an `argparse.Namespace`, beside the tensors. That class is a bag of
attributes and runs nothing, so a file may hold it; any other class is refused.
"""

import argparse
import pickle
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from seggpt_core.errors import InputError, WorkError
from seggpt_core.files import replacing
from seggpt_core.own_format import exact_float32

_KEY = "model"
# What zipfile and torch.load raise for damaged bytes, found by feeding them such.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    RuntimeError,
    OSError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
)


def has_checksums(path: Path) -> bool:
    """Whether the file is of the archive form, whose checksums `read_official` holds its bytes to."""
    return zipfile.is_zipfile(path)


def read_official(path: Path) -> dict[str, Tensor]:
    """The float32 tensors of the dict `model`; what a training run left beside it is not looked at.

    Raises InputError for a file that is damaged, holds code, or is not of this form.
    """
    content = _unpickled(path)
    tensors = content.get(_KEY) if isinstance(content, dict) else None
    if not isinstance(tensors, dict):
        raise InputError(f"{path}: holds no dict named {_KEY!r}, as the official file does")
    for name, value in tensors.items():
        dense = isinstance(value, Tensor) and value.layout is torch.strided and value.device.type == "cpu"
        if not isinstance(name, str) or not dense:
            raise InputError(f"{path}: {name!r} is a {type(value).__name__}: a plain tensor is needed")
    return {name: exact_float32(name, tensor, path) for name, tensor in tensors.items()}


def write_official(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write the file, whole or not at all. Raises WorkError where the disk refuses."""
    with replacing(path) as temporary:
        try:
            # Through an open file: given a name, torch would store it inside, and equal weights would differ.
            with temporary.open("wb") as file:
                torch.save({_KEY: dict(tensors)}, file)
        except RuntimeError as error:
            raise WorkError(f"cannot write {path}: {error}") from error


def _unpickled(path: Path) -> object:
    try:
        _require_whole(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of pickle protocols; what matters is raised
            with torch.serialization.safe_globals([argparse.Namespace]):
                return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        wanted = re.search(r"GLOBAL ([\w.]+)", str(error))
        reason = f"asks for {wanted[1]}, which may be code" if wanted else "is damaged or holds more than tensors"
        raise InputError(f"{path}: its pickle {reason}; only a file of tensors is read") from error
    except _DAMAGE as error:
        raise InputError(f"{path}: damaged, or not a PyTorch file ({_first_sentence(error)})") from error


def _require_whole(path: Path) -> None:
    """Check the sums stored in an archive, which torch does not. Files older than the archive format have none."""
    if has_checksums(path):
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise zipfile.BadZipFile(f"the checksum of {damaged} is wrong")


def _first_sentence(error: BaseException) -> str:
    return str(error).split(". ")[0] or type(error).__name__
