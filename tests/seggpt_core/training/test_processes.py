"""Several processes that share each batch learn what one learns alone."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seggpt_core.checkpoint import read_weights
from seggpt_core.errors import InputError
from seggpt_core.losses import colouring_loss
from seggpt_core.training import log
from seggpt_core.training.loop import RunFolders
from seggpt_core.training.processes import ALONE, Processes
from tests.seggpt_core.training.shared_run import run
from tests.tolerances import SHARED_TRAINING

ROOT = Path(__file__).parents[3]
PATIENCE_S = 240
"""Two processes that never find each other would wait half an hour."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Labelled images: noise with a brighter square."""
    rng = np.random.default_rng(0)
    for name in ("images", "masks"):
        (tmp_path / "own" / name).mkdir(parents=True)
    for index in range(4):
        mask = np.zeros((96, 96), np.uint8)
        mask[8 + index : 60, 10:60] = 1
        image = rng.integers(0, 128, (96, 96, 3), dtype=np.uint8) + 120 * mask[..., None]
        Image.fromarray(image.astype(np.uint8)).save(tmp_path / "own" / "images" / f"{index}.png")
        Image.fromarray(mask).save(tmp_path / "own" / "masks" / f"{index}.png")
    return tmp_path


def test_two_processes_learn_what_one_does(data: Path) -> None:
    run(RunFolders(data=data, out=data / "alone"))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1"]
    command += ["--nproc-per-node", "2"]
    command += ["-m", "tests.seggpt_core.training.shared_run", str(data), str(data / "shared")]
    # On the loopback interface whatever the machine's name resolves to.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    assert (data / "shared/rank-0").read_text() == (data / "shared/rank-1").read_text()
    _, alone = read_weights(data / "alone/weights.safetensors")
    _, shared = read_weights(data / "shared/weights.safetensors")
    for name, tensor in alone.items():
        torch.testing.assert_close(shared[name], tensor, rtol=0, atol=SHARED_TRAINING)
    losses = [[entry.loss for entry in log.read(data / name / "log.csv")] for name in ("alone", "shared")]
    assert len(losses[1]) == 1, "one process alone writes"
    np.testing.assert_allclose(losses[0], losses[1], rtol=0, atol=SHARED_TRAINING)


def test_shares_make_up_the_batch() -> None:
    indices = list(range(10, 17))
    shares = [Processes(rank=rank, count=3).share(indices) for rank in range(3)]
    assert sorted(index for share in shares for index in share) == indices
    assert ALONE.share(indices) == indices
    with pytest.raises(InputError, match="a batch of 2 samples on 3 processes"):
        Processes(rank=0, count=3).share([1, 2])


def test_losses_of_shares_add_up_to_that_of_the_batch() -> None:
    generator = torch.Generator().manual_seed(0)
    painted = torch.rand(3, 3, 8, 8, generator=generator)
    labels = torch.randint(0, 3, (3, 8, 8), generator=generator)
    labels[1] = labels[1].clamp(max=1)
    colours = torch.rand(3, 3, 3, generator=generator)
    counts = torch.tensor([3, 2, 3])
    whole = colouring_loss(painted, labels, colours, counts)
    seen: list[torch.Tensor] = []

    def recorded(count: torch.Tensor) -> torch.Tensor:
        seen.append(count)
        return count

    colouring_loss(painted, labels, colours, counts, recorded)
    totals = iter([*seen, *seen, *seen])
    parts = [
        colouring_loss(*(one[index : index + 1] for one in (painted, labels, colours, counts)), lambda _: next(totals))
        for index in range(3)
    ]
    torch.testing.assert_close(torch.stack(parts).sum(), whole)
