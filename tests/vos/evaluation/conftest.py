"""A Ray instance for the tests that want one."""

import gc
import importlib.util
from collections.abc import Iterator

import pytest

from vos.evaluation.executors import open_executor
from vos.evaluation.tasks import Executor


@pytest.fixture(scope="module")
def ray_actors() -> Iterator[Executor]:
    """Two workers of a Ray instance with two cores. It takes some seconds to start, and yet ends with its module: its
    threads call into Python, and are not to be about in tests of other things."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("ray is not installed: pip install '.[ray]'")
    import ray

    # By default Ray's workers give way to everything else that runs, as the other half of the tests does.
    beside_others = {"worker_niceness": 0}
    ray.init(
        "local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        _system_config=beside_others,
    )
    with open_executor("ray", workers=2, threads=1) as executor:
        yield executor
    gc.collect()  # references to Ray's objects, which must go before Ray does
    ray.shutdown()
