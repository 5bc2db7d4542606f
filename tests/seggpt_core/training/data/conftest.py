from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.seggpt_core.training.data.made_shards import WriteTar, write_members


@pytest.fixture
def write_tar(tmp_path: Path) -> WriteTar:
    """Writes a tar of the given name and members, and returns its path."""

    def write(name: str, members: Mapping[str, np.ndarray]) -> Path:
        write_members(tmp_path / name, members)
        return tmp_path / name

    return write
