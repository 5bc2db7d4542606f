"""The shipped weights, their config, their log, their card and the state to go on from belong together."""

import re
from pathlib import Path

import pytest
import torch

from seggpt_core.checkpoint import EMBEDDED, read_weights, sha256
from seggpt_core.training import log
from seggpt_core.training.config import TrainingConfig
from seggpt_core.training.state import changed_settings, load_state
from tests.tolerances import ROUNDED_RATES
from vos.cli.train import read_config

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "seggpt_core/weights"
RUNS = ROOT / "benchmarks/training"
TRAINED = ("compact", "compact-davis")


def config_of(model: str) -> TrainingConfig:
    return read_config(ROOT / f"configs/training/{model}.yaml")


@pytest.mark.parametrize("model", EMBEDDED)
def test_the_card_names_the_hash_of_each_file(model: str) -> None:
    name = EMBEDDED[model].path.name
    (row,) = re.findall(rf"^\| `{re.escape(name)}` .*$", (WEIGHTS / "README.md").read_text(encoding="utf-8"), re.M)
    assert f"`{sha256(WEIGHTS / name)}`" in row


@pytest.mark.parametrize("model", TRAINED)
def test_the_log_follows_the_rates_of_the_config(model: str) -> None:
    config = config_of(model)
    entries = log.read(WEIGHTS / f"{model}.csv")
    assert entries[-1].step <= config.steps
    for entry in entries:
        assert entry.learning_rate == pytest.approx(config.rate_at(entry.step), rel=ROUNDED_RATES)


def test_a_log_ends_where_its_weights_do() -> None:
    assert log.read(WEIGHTS / "compact-davis.csv")[-1].step == config_of("compact-davis").steps
    last = log.read(WEIGHTS / "compact.csv")[-1].step
    assert f"{last:,} steps of four clips" in (WEIGHTS / "README.md").read_text(encoding="utf-8")


def test_the_state_to_go_on_from_is_the_configs_and_the_logs() -> None:
    config, folder = config_of("compact"), RUNS / "compact"
    assert changed_settings(folder / "state", config) == ()
    entries, shipped = log.read(folder / "log.csv"), log.read(WEIGHTS / "compact.csv")
    assert load_state(folder / "state").step == entries[-1].step <= config.steps
    assert entries[: len(shipped)] == shipped


def test_the_shipped_weights_are_the_states_averages() -> None:
    state = load_state(RUNS / "compact" / "state")
    shipped = log.read(WEIGHTS / "compact.csv")[-1].step
    if state.step != shipped:
        pytest.skip(f"the run has gone on from the shipped step {shipped} to {state.step}")
    _, weights = read_weights(EMBEDDED["compact"].path)
    _, frozen = read_weights(EMBEDDED["readout"].path)
    averages = {name.removeprefix("average/"): value for name, value in state.tensors.items() if "average/" in name}
    expected = {f"stem.{name}": value for name, value in frozen.items()} | averages
    assert weights.keys() == expected.keys()
    for name, tensor in weights.items():
        assert torch.equal(tensor, expected[name].half().float()), name
