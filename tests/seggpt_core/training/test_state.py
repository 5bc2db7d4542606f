"""A state comes back bit by bit, in parts of bounded size, or is refused."""

import dataclasses
import json
import os
from pathlib import Path

import pytest
import torch

from seggpt_core.errors import InputError
from seggpt_core.training.config import TrainingConfig, config_from_mapping
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.state import STATE_MB, State, changed_settings, find_state, load_state, save_state

CONFIG = TrainingConfig(data=("a.tar",), learning_rate=((0, 0.0), (10, 1e-3)))


def test_a_state_comes_back_in_bounded_parts(tmp_path: Path) -> None:
    tensors = {f"weight/{index}": torch.randn(1_500_000) for index in range(4)}
    save_state(tmp_path / "state", State(7, tensors), CONFIG)
    save_state(tmp_path / "state", State(8, tensors), CONFIG)
    parts = sorted((tmp_path / "state").glob("part-*"))
    assert len(parts) == 2
    assert all(part.stat().st_size <= STATE_MB * 1e6 for part in parts)
    back = load_state(tmp_path / "state")
    assert back.step == 8
    assert back.tensors.keys() == tensors.keys()
    assert all(torch.equal(back.tensors[name], tensors[name]) for name in tensors)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_parts_may_be_smaller_but_not_than_a_tensor(tmp_path: Path) -> None:
    tensors = {f"weight/{index}": torch.zeros(100_000) for index in range(4)}
    save_state(tmp_path / "state", State(7, tensors), CONFIG, state_mb=0.9)
    sizes = [part.stat().st_size for part in (tmp_path / "state").glob("part-*")]
    assert len(sizes) == 2
    assert max(sizes) <= 900_000
    with pytest.raises(InputError, match=r"files hold 0\.3 MB, but weight/0 needs 0\.40 MB"):
        save_state(tmp_path / "state", State(8, tensors), CONFIG, state_mb=0.3)
    assert load_state(tmp_path / "state").step == 7, "the older state stays"


def test_what_a_file_says_of_many_small_tensors_counts_too(tmp_path: Path) -> None:
    tensors = {f"weight/blocks.{index}.bias": torch.zeros(index % 3 + 1, 2) for index in range(2000)}
    save_state(tmp_path / "state", State(7, tensors), CONFIG, state_mb=0.05)
    sizes = [part.stat().st_size for part in sorted((tmp_path / "state").glob("part-*"))]
    assert all(0.8 * 50_000 < size <= 50_000 for size in sizes[:-1])
    assert sizes[-1] <= 50_000
    assert load_state(tmp_path / "state").tensors.keys() == tensors.keys()


def test_settings_that_changed_since_are_named(tmp_path: Path) -> None:
    save_state(tmp_path / "state", State(7, {"weight/a": torch.zeros(3)}), CONFIG)
    assert changed_settings(tmp_path / "state", CONFIG) == ()
    other = dataclasses.replace(CONFIG, seed=5, engine=EngineConfig(frames=6), learning_rate=((0, 0.0), (20, 1e-3)))
    assert changed_settings(tmp_path / "state", other) == ("learning_rate", "engine.frames", "seed")
    description = json.loads((tmp_path / "state/state.json").read_text())
    del description["config"]["trust"]
    (tmp_path / "state/state.json").write_text(json.dumps(description))
    assert changed_settings(tmp_path / "state", CONFIG) == ()
    assert changed_settings(tmp_path / "state", dataclasses.replace(CONFIG, trust=8.0)) == ("trust",)


def test_a_kill_between_two_renamings_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "state"
    assert find_state(folder) is None
    save_state(folder, State(7, {"weight/a": torch.zeros(3)}), CONFIG)
    renamed = os.replace

    def killed(source: Path, target: Path) -> None:
        if target == folder:
            raise KeyboardInterrupt
        renamed(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", killed)
        with pytest.raises(KeyboardInterrupt):
            save_state(folder, State(8, {"weight/a": torch.ones(3)}), CONFIG)
    found = find_state(folder)
    assert found is not None
    assert load_state(found).step == 7
    save_state(folder, State(8, {"weight/a": torch.ones(3)}), CONFIG)
    assert find_state(folder) == folder
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    save_state(tmp_path / "state", State(1, {"weight/a": torch.zeros(3)}), CONFIG)
    part = tmp_path / "state" / "part-00.safetensors"
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match=r"part-00\.safetensors: missing or damaged"):
        load_state(tmp_path / "state")
    with pytest.raises(InputError, match="not a training state"):
        load_state(tmp_path)


def test_the_learning_rate_runs_along_straight_lines() -> None:
    config = TrainingConfig(data=("a.tar",), learning_rate=((0, 0.0), (10, 1.0), (30, 0.5)))
    assert [config.rate_at(step) for step in (0, 5, 10, 20, 30, 40)] == [0.0, 0.5, 1.0, 0.75, 0.5, 0.5]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learning_rate": [[0, 0], [1, 1]]}, "'data' is missing"),
        ({"data": ["a"], "learning_rate": [[0, 0], [1, 1]], "bach": 4}, "no setting 'bach'"),
        ({"data": ["a"], "learning_rate": [[0, 0], [1, 1]], "batch": "four"}, "config.batch: 'four'"),
        ({"data": ["a"], "learning_rate": [[5, 0], [1, 1]]}, "rising from 0"),
        ({"data": ["a"], "learning_rate": [[0, 0], [1, 1]], "sizes": [[100, 96]]}, "100x96"),
        ({"data": ["a"], "learning_rate": [[0, 0], [1, 1]], "sizes": []}, "sizes is empty"),
        (
            {"data": ["a"], "learning_rate": [[0, 0], [1, 1]], "state_every": 0},
            "state_every is 0; it must be 1",
        ),
        (
            {"data": ["a"], "learning_rate": [[0, 0], [1, 1]], "own_share": 1.5},
            "own_share is 1.5; it must be in",
        ),
        ({"data": ["a"], "learning_rate": [[0, 0], [1, 1]], "model": {"detail_width": 30}}, "detail_width is 30"),
    ],
)
def test_a_bad_config_is_named(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        config_from_mapping(values)
