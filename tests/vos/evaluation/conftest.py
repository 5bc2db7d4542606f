"""A Ray instance for the tests that want one."""

import importlib.util
from collections.abc import Iterator

import pytest

from vos.evaluation.executors import open_executor
from vos.evaluation.tasks import Executor


@pytest.fixture(scope="session")
def ray_actors() -> Iterator[Executor]:
    """Two workers of a Ray instance with two cores, started once: it takes some seconds."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("ray is not installed: pip install '.[ray]'")
    import ray

    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    with open_executor("ray", workers=2, threads=1) as executor:
        yield executor
    ray.shutdown()
