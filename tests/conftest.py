"""What every test may ask for: the data and devices a fresh machine lacks.

`require("data")` gives the folder named by VOS_DATA, `require("golden")` the one named by VOS_GOLDEN or
else `tests/golden`, `require("gpu")` a CUDA device. Where the thing is missing the test is skipped with
the reason; `VOS_REQUIRE=data,gpu` turns those skips into failures.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, overload

import pytest
import torch
from hypothesis import settings

from tests.scarce import Missing, data_root, golden_root, gpu_device, must_have


class Require:
    """Called with a name, returns the thing or ends the test."""

    @overload
    def __call__(self, name: Literal["data", "golden"]) -> Path: ...
    @overload
    def __call__(self, name: Literal["gpu"]) -> torch.device: ...
    def __call__(self, name: str) -> Path | torch.device:
        finders: dict[str, Callable[[], Path | torch.device]] = {
            "data": lambda: data_root(os.environ),
            "golden": lambda: golden_root(os.environ),
            "gpu": gpu_device,
        }
        try:
            return finders[name]()
        except Missing as missing:
            if name in must_have(os.environ):
                pytest.fail(f"VOS_REQUIRE asks for {name}: {missing}")
            pytest.skip(str(missing))


@pytest.fixture(scope="session")
def require() -> Require:
    """Ask for "data", "golden" or "gpu"; skips the test, with a reason, where there is none."""
    return Require()


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """Give back the number of torch's threads: benchmarks and training commands set it for their whole process."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


settings.register_profile("fixed", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
"""Where a failure must mean a change, `HYPOTHESIS_PROFILE=fixed` tries the same examples every time."""


def pytest_configure(config: pytest.Config) -> None:
    """One thread per worker: workers that each use every core slow one another down."""
    if hasattr(config, "workerinput"):
        torch.set_num_threads(1)
