"""PyTorch paints, records and settles what OpenCV and NumPy do, which the data engine's tests hold to its rules."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seggpt_core.training import log
from seggpt_core.training.batch import Batch, make_batch, shown_first
from seggpt_core.training.config import TrainingConfig
from seggpt_core.training.data.appearance import ColourShift
from seggpt_core.training.data.engine import MAKERS, plan_sample, sample
from seggpt_core.training.data.engine import settle as settle_on_cpu
from seggpt_core.training.data.painter import paint_frame
from seggpt_core.training.data.plan import Backdrop, ClipPlan, FramePlan, Shadow, Sticker
from seggpt_core.training.data.recording import Noise, Recording
from seggpt_core.training.data.recording import record as record_on_cpu
from seggpt_core.training.data.settings import EngineConfig, KindWeights
from seggpt_core.training.data.shards import Library
from seggpt_core.training.loop import Piece, RunFolders, train
from seggpt_core.training.painting.batch import packed_batch, settle
from seggpt_core.training.painting.compose import paint_frames
from seggpt_core.training.painting.packed import pack
from seggpt_core.training.painting.record import record
from tests.conftest import Require
from tests.seggpt_core.training.data.made_shards import every_kind, plain, write_members
from tests.tolerances import PAINTED_LABELS, PAINTED_LEVEL, RECORDED_LEVEL

CPU = torch.device("cpu")
SIZE = (64, 96)
BUSY = EngineConfig(frames=3, near=0.5, shadows=0.5, motion_blur=0.7, elastic=0.7, scene_elastic=0.7, thin_parts=0.5)
NONE = KindWeights(composite=0, whole=0, pairs=0, mix=0, clip=0)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    path: Path = tmp_path_factory.mktemp("shards") / "all.tar"
    write_members(path, every_kind())
    return Library.open([path])


def painted_on_cpu(plan: ClipPlan) -> tuple[np.ndarray, np.ndarray]:
    painted = [paint_frame(frame, plan.size) for frame in plan.frames]
    return np.stack([image for image, _ in painted]), np.stack([labels for _, labels in painted])


def compare(plans: Sequence[ClipPlan], exempt: float = 0.0) -> None:
    """exempt: share of pixels that may differ by more than roundings do."""
    images, labels = paint_frames(pack(plans))
    expected = [np.concatenate(parts) for parts in zip(*map(painted_on_cpu, plans), strict=True)]
    far = np.abs(images.permute(0, 2, 3, 1).numpy() - expected[0]) > PAINTED_LEVEL
    assert far.mean() <= exempt
    assert (labels.numpy() != expected[1]).mean() <= PAINTED_LABELS


@pytest.mark.parametrize("kind", MAKERS)
def test_every_kind_of_clip_is_painted_alike(library: Library, kind: str) -> None:
    """Noise, of which the made library's labelled images consist, changes by levels within 1/32 of a pixel."""
    config = replace(BUSY, weights=replace(NONE, **{kind: 1.0}))
    compare([plan_sample(library, config, 3, index, SIZE) for index in range(5)], exempt=0.03)


def test_real_clips_are_painted_alike(require: Require) -> None:
    library = Library.open(sorted((require("data") / "train").glob("*.tar")))
    compare([plan_sample(library, BUSY, 11, index, SIZE) for index in range(12)], exempt=1e-3)


def soft_square(alpha: int) -> np.ndarray:
    sprite = plain((0, 0, 0, 0), (24, 30))
    sprite[4:-4, 4:-4] = (alpha, alpha // 2, 0, alpha)
    return sprite


def at(x: float, y: float) -> np.ndarray:
    return np.array([[[1.0, 0, x], [0, 1, y], [0, 0, 1]]])


@pytest.mark.parametrize("shadow", [None, Shadow((6.5, -3.0), 0.5)])
def test_stickers_cover_each_other_throw_shadows_and_may_lie_outside(shadow: Shadow | None) -> None:
    back = Sticker(soft_square(255), at(30.5, 20), 1, shadow=shadow)
    front = Sticker(soft_square(160), at(42, 26.25), 2, shadow=shadow)
    outside = Sticker(soft_square(255), at(-200, 20), 3, shadow=shadow)
    frame = FramePlan(Backdrop(plain((90, 120, 30), SIZE), np.eye(3)[None]), (back, outside, front))
    empty = FramePlan(Backdrop(plain((1, 2, 3), SIZE), np.eye(3)[None]))
    compare([ClipPlan("made", SIZE, (frame, empty), Recording())])


def test_pictures_of_frames_that_share_them_are_packed_once(library: Library) -> None:
    plan = plan_sample(library, replace(BUSY, weights=replace(NONE, composite=1.0)), 3, 0, SIZE)
    once, thrice = pack([plan]), pack([plan] * 3)
    assert len(once.atlas) == len(thrice.atlas)
    assert len(thrice.backdrops.part) == 3 * len(once.backdrops.part)
    assert thrice.frames == 9


SHIFT = ColourShift(0.8, 1.3, (1.1, 0.9, 1.0), -6.0)


@pytest.mark.parametrize(
    "recording",
    [
        Recording(),
        Recording(shifts=(SHIFT, replace(SHIFT, gamma=1.3))),
        Recording(blurs=(0.4, 1.5)),
        Recording(coarse=0.61),
        Recording(shifts=(SHIFT, SHIFT), blurs=(1.0, 0.5)),
    ],
)
def test_cameras_do_the_same_to_both(recording: Recording) -> None:
    rng = np.random.default_rng(0)
    clip = rng.integers(0, 256, (2, 48, 64, 3), dtype=np.uint8)
    expected = record_on_cpu(list(clip), recording)
    (mine,) = record(torch.from_numpy(clip).permute(0, 3, 1, 2)[None].float(), (recording,))
    np.testing.assert_allclose(mine.permute(0, 2, 3, 1).numpy(), expected, rtol=0, atol=RECORDED_LEVEL)


def test_grain_is_one_pattern_that_lies_elsewhere_in_every_frame() -> None:
    grey = torch.full((1, 2, 3, 64, 80), 100.0)
    noise = Noise(8.0, 3, ((0, 0), (5, 9)))
    (clip,) = record(grey, (Recording(noise=noise),))
    assert clip.std() == pytest.approx(8.0, rel=0.05)
    torch.testing.assert_close(clip[0].roll((5, 9), dims=(1, 2)), clip[1])
    (again,) = record(grey, (Recording(noise=noise),))
    torch.testing.assert_close(again, clip)


@given(seed=st.integers(0, 1000))
def test_labels_are_settled_alike(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.choice([0, 1, 2, 3, 255], size=(3, 24, 32), p=rng.dirichlet(np.full(5, 0.3))).astype(np.uint8)
    labels[0, :2, :2] = 3
    for value in (1, 2):
        if rng.random() < 0.5:
            early = labels[: rng.integers(1, 3)]
            early[early == value] = 0
    settled = settle_on_cpu(labels)
    assert settled is not None
    expected = shown_first(settled)
    mine, objects = settle(torch.from_numpy(labels)[None], 3)
    np.testing.assert_array_equal(mine[0], expected)
    assert objects.tolist() == [np.max(expected, where=expected < 255, initial=0)]


def test_a_packed_batch_is_the_batch_of_its_samples(library: Library) -> None:
    """Whole labelled images, recorded without noise."""
    config = replace(BUSY, weights=replace(NONE, whole=1.0), blemishes=0.0)
    indices = list(range(6))
    plans = [plan_sample(library, config, 3, index, SIZE) for index in indices]
    mine = packed_batch(plans, indices, 3, 0.5, 0.7, config.objects).to(CPU)
    samples = [sample(library, config, 3, index, SIZE) for index in indices]
    expected: Batch = make_batch(samples, indices, 3, 0.5, 0.7)
    assert mine.images.shape == expected.images.shape
    assert (mine.images - expected.images).abs().mean() < 1 / 255
    assert (mine.labels != expected.labels).float().mean() <= PAINTED_LABELS
    torch.testing.assert_close(mine.counts, expected.counts)
    torch.testing.assert_close(mine.own, expected.own)
    used = expected.colours.shape[1]
    torch.testing.assert_close(mine.colours[:, :used], expected.colours)
    assert not mine.colours[:, used:].any()


def test_a_gpu_paints_what_a_cpu_does(library: Library, require: Require) -> None:
    """All but grain: its random numbers are the device's own."""
    gpu = require("gpu")
    indices = list(range(8))
    plans = [plan_sample(library, BUSY, 3, index, SIZE) for index in indices]
    quiet = [replace(plan, recording=replace(plan.recording, noise=None)) for plan in plans]
    packed = packed_batch(quiet, indices, 3, 0.5, 0.7, BUSY.objects)
    mine, expected = packed.to(gpu), packed.to(CPU)
    assert (mine.images.cpu() - expected.images).abs().mean() < 1 / 255
    assert (mine.labels.cpu() != expected.labels).float().mean() <= PAINTED_LABELS
    torch.testing.assert_close(mine.counts.cpu(), expected.counts)


def test_a_run_on_a_gpu_learns_from_what_it_paints(require: Require, tmp_path: Path) -> None:
    """The whole loop, with processes that plan, in bfloat16."""
    gpu = require("gpu")
    write_members(tmp_path / "all.tar", every_kind())
    config = TrainingConfig(
        data=("all.tar",), learning_rate=((0, 1e-3), (4, 1e-3)), engine=BUSY, sizes=(SIZE,), batch=4, precision="bf16"
    )
    train(config, RunFolders(data=tmp_path, out=tmp_path / "run"), gpu, piece=Piece(workers=2))
    (entry,) = log.read(tmp_path / "run" / "log.csv")
    assert entry.step == 4
    assert 0 < entry.loss < 2
