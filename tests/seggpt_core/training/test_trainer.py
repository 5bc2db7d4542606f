"""Training: a run cut in two equals one that was not, and what is learned lowers the loss."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seggpt_core.checkpoint import embedded_weights, read_weights, sha256
from seggpt_core.config import CompactConfig, SegGPTConfig
from seggpt_core.errors import InputError
from seggpt_core.model import SegGPT
from seggpt_core.training import log
from seggpt_core.training.batch import make_batch, shown_first
from seggpt_core.training.config import TrainingConfig
from seggpt_core.training.data.engine import Sample
from seggpt_core.training.data.settings import EngineConfig, KindWeights
from seggpt_core.training.data.shards import Library
from seggpt_core.training.feeding import BatchMaker, batches
from seggpt_core.training.loop import Piece, RunFolders, compact_learner, train
from seggpt_core.training.published import PublishedLearner
from seggpt_core.training.trainer import Trainer
from tests.tolerances import HALF_PRECISION_LOSS

SMALL = CompactConfig(key_channels=16, width=32, decoder_width=16, detail_width=8)
CPU = torch.device("cpu")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A user's own folder of labelled images: two-coloured noise with a square in it."""
    rng = np.random.default_rng(0)
    for name in ("images", "masks"):
        (tmp_path / "own" / name).mkdir(parents=True)
    for index in range(6):
        image = rng.integers(0, 255, (96, 96, 3), dtype=np.uint8) // 2
        mask = np.zeros((96, 96), np.uint8)
        top, left = rng.integers(8, 40, 2)
        mask[top : top + 40, left : left + 40] = 1
        image[mask == 1] += 120
        Image.fromarray(image).save(tmp_path / "own" / "images" / f"{index}.png")
        Image.fromarray(mask).save(tmp_path / "own" / "masks" / f"{index}.png")
    return tmp_path


def config(steps: int = 6) -> TrainingConfig:
    return TrainingConfig(
        data=("own",),
        learning_rate=((0, 1e-3), (steps, 1e-3)),
        model=SMALL,
        engine=EngineConfig(weights=KindWeights(composite=0, whole=1, pairs=0, mix=0, clip=0)),
        sizes=((64, 64), (64, 96)),
        batch=2,
        state_every=100,
    )


def test_a_run_cut_in_two_equals_one_that_was_not(data: Path) -> None:
    whole, cut = RunFolders(data=data, out=data / "whole"), RunFolders(data=data, out=data / "cut")
    train(config(), whole, CPU)
    train(config(), cut, CPU, piece=Piece(until_step=4))
    train(config(), cut, CPU)
    assert sha256(whole.out / "weights.safetensors") == sha256(cut.out / "weights.safetensors")
    states = [sorted((folders.out / "state").glob("part-*")) for folders in (whole, cut)]
    assert [sha256(path) for path in states[0]] == [sha256(path) for path in states[1]]


def test_a_state_alone_gives_its_weights(data: Path) -> None:
    folders = RunFolders(data=data, out=data / "run")
    train(config(), folders, CPU)
    made, state = folders.out / "weights.safetensors", folders.out / "state" / "state.json"
    expected, told = sha256(made), state.read_text()
    made.unlink()
    (folders.out / "log.csv").unlink()
    train(dataclasses.replace(config(), seed=9), folders, CPU, piece=Piece(until_step=2))
    assert sha256(made) == expected
    assert state.read_text() == told, "the state still says how it was reached"


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_stem_that_learns_late_may_be_cut_anywhere(data: Path, cut: int) -> None:
    late = dataclasses.replace(config(steps=4), unfreeze_step=2)
    whole, pieces = RunFolders(data=data, out=data / "whole"), RunFolders(data=data, out=data / "pieces")
    train(late, whole, CPU)
    train(late, pieces, CPU, piece=Piece(until_step=cut))
    _, stem = read_weights(embedded_weights("readout"))
    _, then = read_weights(pieces.out / "weights.safetensors")
    frozen = all(torch.equal(then[f"stem.{name}"], tensor) for name, tensor in stem.items())
    assert frozen == (cut <= 2)
    train(late, pieces, CPU)
    assert sha256(whole.out / "weights.safetensors") == sha256(pieces.out / "weights.safetensors")


def test_crops_grow_at_their_step(data: Path) -> None:
    growing = dataclasses.replace(config(steps=4), grow_step=2, grown_sizes=((96, 64),))
    maker = BatchMaker(library=Library.open([data / "own"]), config=growing)
    sizes = [tuple(maker[step].to(CPU).images.shape[-2:]) for step in range(4)]
    assert set(sizes[:2]) <= set(growing.sizes)
    assert sizes[2:] == [(96, 64)] * 2
    with pytest.raises(InputError, match="grow_step 2 with 0 grown_sizes: both are needed, or neither"):
        dataclasses.replace(config(), grow_step=2)
    with pytest.raises(InputError, match="size 96x60"):
        dataclasses.replace(config(), grow_step=2, grown_sizes=((96, 60),))


def test_processes_that_make_samples_change_nothing(data: Path) -> None:
    beside, ahead = RunFolders(data=data, out=data / "beside"), RunFolders(data=data, out=data / "ahead")
    train(config(), beside, CPU)
    train(config(), ahead, CPU, piece=Piece(workers=2))
    assert sha256(beside.out / "weights.safetensors") == sha256(ahead.out / "weights.safetensors")


def test_what_processes_plan_is_painted_where_it_is_learned_from(data: Path) -> None:
    """As for a GPU: the batches that come out of a process are those of this one, and a step learns from them."""
    maker = BatchMaker(Library.open([data / "own"]), config(), painted=False)
    learner = compact_learner(config())
    trainer = Trainer(learner, config())
    for step, packed in enumerate(batches(maker, range(2), workers=1)):
        batch, expected = packed.to(CPU), maker[step].to(CPU)
        torch.testing.assert_close(batch.images, expected.images, rtol=0, atol=0)
        torch.testing.assert_close(batch.labels, expected.labels, rtol=0, atol=0)
        assert 0 < trainer.take_step(batch) < 2


def test_bfloat16_learns_what_float32_does(data: Path) -> None:
    losses = {}
    for precision in ("fp32", "bf16"):
        folders = RunFolders(data=data, out=data / precision)
        train(dataclasses.replace(config(steps=10), precision=precision), folders, CPU)
        _, weights = read_weights(folders.out / "weights.safetensors")
        assert all(tensor.isfinite().all() for tensor in weights.values())
        (losses[precision],) = [entry.loss for entry in log.read(folders.out / "log.csv")]
    assert losses["bf16"] != losses["fp32"]
    np.testing.assert_allclose(losses["bf16"], losses["fp32"], rtol=0, atol=HALF_PRECISION_LOSS)
    with pytest.raises(InputError, match="precision 'int8': there is fp32, bf16"):
        dataclasses.replace(config(), precision="int8")


def test_a_piece_ends_when_its_minutes_are_over(data: Path) -> None:
    whole, cut = RunFolders(data=data, out=data / "whole"), RunFolders(data=data, out=data / "cut")
    train(config(steps=3), whole, CPU)
    for done in (1, 2, 3):
        train(config(steps=3), cut, CPU, piece=Piece(max_minutes=0.0))
        assert [entry.step for entry in log.read(cut.out / "log.csv")] == list(range(1, done + 1))
    assert sha256(whole.out / "weights.safetensors") == sha256(cut.out / "weights.safetensors")


def test_a_run_may_start_from_weights_of_the_package(data: Path) -> None:
    began = dataclasses.replace(
        config(steps=1), model=CompactConfig(), start="compact", learning_rate=((0, 0.0), (1, 0.0))
    )
    folders = RunFolders(data=data, out=data / "run")
    train(began, folders, CPU)
    _, found = read_weights(folders.out / "weights.safetensors")
    _, embedded = read_weights(embedded_weights("compact"))
    assert found.keys() == embedded.keys()
    for name, tensor in embedded.items():
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=0)
    with pytest.raises(InputError, match=r"model 'huge': the package holds weights of compact, compact-davis, readout"):
        train(dataclasses.replace(began, start="huge"), RunFolders(data=data, out=data / "other"), CPU)


def test_a_run_leaves_weights_log_and_plot(data: Path) -> None:
    folders = RunFolders(data=data, out=data / "run")
    entries: list[log.Entry] = []
    shares: list[float] = []

    def note(entry: log.Entry, share: float) -> None:
        entries.append(entry)
        shares.append(share)

    train(config(), folders, CPU, on_entry=note)
    assert 0 < shares[0] < 1
    description, _ = read_weights(folders.out / "weights.safetensors")
    assert description.model == "compact"
    assert [entry.step for entry in entries] == [6]
    assert [entry.step for entry in log.read(folders.out / "log.csv")] == [6]
    assert Image.open(folders.out / "loss.png").size == (900, 420)


def test_a_state_of_another_model_is_refused(data: Path) -> None:
    folders = RunFolders(data=data, out=data / "run")
    train(config(), folders, CPU, piece=Piece(until_step=1))
    other = TrainingConfig(data=("own",), learning_rate=((0, 1e-3), (6, 1e-3)), model=CompactConfig(width=64))
    with pytest.raises(InputError, match="does not fit this config"):
        train(other, folders, CPU)


def test_only_objects_of_the_first_frame_are_asked_for() -> None:
    labels = np.array([[[0, 3]], [[5, 3]], [[255, 5]]], np.uint8)
    assert shown_first(labels).tolist() == [[[0, 1]], [[0, 1]], [[255, 0]]]


def test_targets_are_the_colours_of_the_labels() -> None:
    sample = Sample(np.zeros((2, 32, 32, 3), np.uint8), np.full((2, 32, 32), 1, np.uint8), "whole")
    sample.labels[:, :4] = 255
    sample.labels[:, 4:8] = 0
    batch = make_batch([sample], [3], seed=1, tetrahedron_share=1.0, own_share=0.5)
    target, known = batch.target(0)
    assert (target[0, :, 4:8] == 0).all()
    assert (target[0, :, 8:] == batch.colours[0, 1].view(3, 1, 1)).all()
    assert sorted(batch.colours[0, 1].tolist()) == [0, 1, 1]
    assert known[0, 0, :4].sum() == 0
    assert known[0, 0, 4:].min() == 1


def test_the_published_architecture_overfits_four_samples(data: Path) -> None:
    """The same loop, at a small size: the loss falls to a small part of what it was."""
    sizes = SegGPTConfig(
        canvas=(64, 32), patch=8, dim=48, depth=6, heads=4, decoder_dim=16, taps=(2, 3, 4, 5), position_grid=4
    )
    run = dataclasses.replace(
        config(),
        learning_rate=((0, 0.0), (20, 3e-3), (160, 0.0)),
        engine=dataclasses.replace(config().engine, frames=2, blemishes=0.0),
        sizes=((32, 32),),
        batch=4,
        distinct=4,
        tetrahedron_share=1.0,
    )
    entries: list[log.Entry] = []
    train(
        run,
        RunFolders(data=data, out=data / "published"),
        CPU,
        on_entry=lambda entry, _: entries.append(entry),
        make_learner=lambda _: PublishedLearner(SegGPT(sizes)),
    )
    assert entries[-1].loss < 0.1 * entries[0].loss, [entry.loss for entry in entries]
