"""The model that settings name is built, or refused in words."""

from pathlib import Path

import numpy as np
import pytest
import torch

from seggpt_core.downloads import PUBLISHED
from seggpt_core.execution import EXACT, Execution
from seggpt_core.published import Published
from seggpt_core.published_files import write_published
from tests.seggpt_core.published_models import TINY, random_model
from tests.vos.fake_model import ShadeModel
from vos.errors import InputError
from vos.models import build_model
from vos.settings import ModelSettings, load_tracker
from vos.tracker import build_tracker
from vos.types import Frame


class Own(ShadeModel):
    """A researcher's model."""

    def __init__(self, weights: Path | None, device: torch.device) -> None:
        super().__init__()
        self.weights = weights
        self.device = device


class Incomplete:
    """Lacks `segment` and the rest."""

    def __init__(self, weights: Path | None, device: torch.device) -> None:
        self.name = "incomplete"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    write_published(random_model(TINY), tmp_path / "tiny.safetensors", "own")
    return tmp_path / "tiny.safetensors"


def test_the_published_model_takes_its_options(tiny: Path) -> None:
    model = build_model(ModelSettings(model=PUBLISHED, weights=tiny, kind="semantic", ensemble="spatial", device="cpu"))
    assert isinstance(model, Published)
    assert (model.kind, model.ensemble) == ("semantic", "spatial")
    default = build_model(ModelSettings(model=PUBLISHED, weights=tiny, device="cpu"))
    assert isinstance(default, Published)
    assert (default.kind, default.ensemble, default.execution) == ("instance", "feature", EXACT)
    rough = build_model(ModelSettings(model=PUBLISHED, weights=tiny, device="cpu", precision="bf16"))
    assert isinstance(rough, Published)
    assert rough.execution == Execution(precision="bf16")


def test_a_class_of_the_users_own_is_called(tmp_path: Path) -> None:
    model = build_model(ModelSettings(model=f"{__name__}:Own", weights=tmp_path, device="cpu"))
    assert isinstance(model, Own)
    assert model.weights == tmp_path
    assert model.device == torch.device("cpu")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "no.such.module:Model"}, "'no.such.module:Model': cannot be imported"),
        ({"model": f"{__name__}:Absent"}, "Absent.*PYTHONPATH=."),
        ({"model": f"{__name__}:PUBLISHED"}, "PUBLISHED is a str, but a class is needed"),
        (
            {"model": f"{__name__}:Incomplete"},
            "it has no weights_hash, slots, multiple, input_size, resampling, crops, device",
        ),
        ({"model": f"{__name__}:Own", "kind": "semantic"}, "options of our models only"),
        (
            {"model": "compact", "ensemble": "spatial"},
            "'compact': ensemble 'spatial': such options are for",
        ),
        ({"model": "readout", "precision": "bf16"}, "'readout': precision 'bf16': such options are for"),
        (
            {"model": "compact", "precision": "bf16", "cuda_graphs": True},
            "'compact': cuda_graphs True: such options are for",
        ),
        ({"model": f"{__name__}:Own", "compile": True}, "options of our models only"),
        ({"model": PUBLISHED, "compile": True, "cuda_graphs": True}, "^compile, cuda_graphs: needs a CUDA device"),
        ({"model": "compct"}, "there is compact, compact-davis, readout, seggpt-vit-large"),
    ],
)
def test_what_cannot_be_built_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_model(ModelSettings.model_validate(settings | {"device": "cpu"}))


@pytest.mark.parametrize(("preset", "prompts"), [("seggpt-paper", 8), ("seggpt-paper-8-recent", 9)])
def test_the_papers_protocol_runs_through_the_tracker(preset: str, prompts: int, tiny: Path) -> None:
    tracker = build_tracker(load_tracker(preset, weights=tiny, size="16x16", device="cpu"))
    rng = np.random.default_rng(0)
    frames = [Frame(index=i, image=rng.integers(0, 255, (20, 30, 3), np.uint8), stem=str(i)) for i in range(12)]
    ids = np.zeros((20, 30), np.uint8)
    ids[2:9, 3:12], ids[11:18, 15:28] = 1, 2
    assert np.array_equal(tracker.start(frames[0], ids).ids, ids)
    found = [tracker.step(frame) for frame in frames[1:]]
    assert all(set(np.unique(one.ids)) <= {0, 1, 2} for one in found)
    (cohort,) = tracker._cohorts
    assert cohort.passes == ((1,), (2,))
    assert len(cohort.bank.records) <= prompts
