"""A short training run, which `torchrun … -m tests.seggpt_core.training.shared_run DATA OUT` starts several times.

Each process leaves the SHA-256 of the weights that it holds in OUT/rank-N.
"""

import hashlib
import os
import sys
from pathlib import Path

import torch

from seggpt_core.config import CompactConfig
from seggpt_core.training.config import TrainingConfig
from seggpt_core.training.data.settings import EngineConfig, KindWeights
from seggpt_core.training.learner import Learner
from seggpt_core.training.loop import RunFolders, compact_learner, train

CONFIG = TrainingConfig(
    data=("own",),
    learning_rate=((0, 1e-3), (4, 1e-3)),
    model=CompactConfig(key_channels=16, width=32, decoder_width=16, detail_width=8),
    engine=EngineConfig(weights=KindWeights(composite=0, whole=1, pairs=0, mix=0, clip=0)),
    sizes=((64, 64), (64, 96)),
    batch=3,
)
"""Three samples on two processes: their shares differ."""


def run(folders: RunFolders) -> str:
    """Train, and return the SHA-256 of the weights that this process holds."""
    made: list[Learner] = []

    def make(config: TrainingConfig) -> Learner:
        made.append(compact_learner(config))
        return made[0]

    train(CONFIG, folders, torch.device("cpu"), make_learner=make)
    content = b"".join(tensor.numpy().tobytes() for tensor in made[0].net.state_dict().values())
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    torch.set_num_threads(1)
    held = run(RunFolders(data=Path(sys.argv[1]), out=Path(sys.argv[2])))
    Path(sys.argv[2], f"rank-{os.environ['RANK']}").write_text(held)
