from pathlib import Path

import pytest
import torch
import yaml

from vos.errors import InputError
from vos.settings import TrackerSettings, load_tracker, model_settings, parse_size, preset_path, resolve_device


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "size"), [("288x512", (288, 512)), (" 480 X 854 ", (480, 854)), ("16×32", (16, 32))])
def test_sizes_are_read(text: str, size: tuple[int, int]):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "288", "288x", "0x512", "-1x5", "288x512x3", "28.8x512", "axb"])
def test_what_is_no_size_is_refused(text: str):
    with pytest.raises(InputError, match="must be HEIGHTxWIDTH in pixels, for instance 288x512"):
        parse_size(text)


def test_the_default_preset_is_what_the_settings_default_to():
    assert load_tracker() == TrackerSettings()


def test_every_preset_field_has_a_reason():
    text = preset_path("trackers", "default").read_text(encoding="utf-8")
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if ":" in line and not line.startswith("#"):
            assert lines[number - 1].startswith("#"), f"{line!r} stands without a comment"


def test_overrides_win_and_none_is_ignored():
    settings = load_tracker("default", memory=0, policy=None, size="288x512")
    assert (settings.memory, settings.policy, settings.size) == (0, "stride", (288, 512))


def test_a_file_may_be_given(tmp_path: Path):
    path = written(tmp_path, "memory: 3\nsize: 96x160\nweights: my.safetensors\n")
    settings = load_tracker(path, stride=2)
    assert settings == load_tracker(str(path), stride=2)
    assert (settings.memory, settings.size, settings.weights) == (3, (96, 160), Path("my.safetensors"))


def test_settings_survive_yaml(tmp_path: Path):
    settings = TrackerSettings(memory=3, size=(96, 160), weights=Path("a/b"))
    path = written(tmp_path, yaml.safe_dump(settings.model_dump(mode="json")))
    assert load_tracker(path) == settings


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("memory: -1", ["mine.yaml: memory is -1", "greater than or equal to 0"]),
        ("memory: many", ["mine.yaml: memory is 'many'", "integer"]),
        ("policy: best", ["mine.yaml: policy is 'best'", "'recent', 'stride' or 'gated'"]),
        ("memroy: 3", ["mine.yaml: no field 'memroy'", "the fields are model, weights, kind"]),
        ("size: 288", ["mine.yaml: size '288'", "288x512"]),
        ("size: 288by512", ["mine.yaml: size '288by512'", "288x512"]),
        ("size: [0, 16]", ["mine.yaml: size.0 is 0", "greater than or equal to 1"]),
        ("- 3", ["mine.yaml: holds list", "field: value"]),
        ("memory: [", ["mine.yaml: cannot be read as YAML"]),
        ("", ["mine.yaml: holds NoneType"]),
    ],
)
def test_a_bad_file_is_told_of_in_one_line(tmp_path: Path, text: str, parts: list[str]):
    with pytest.raises(InputError) as told:
        load_tracker(written(tmp_path, text))
    assert all(part in str(told.value) for part in parts), str(told.value)
    assert "\n" not in str(told.value)


def test_a_bad_option_is_told_apart_from_the_file():
    with pytest.raises(InputError, match="option: memory is -3"):
        load_tracker(memory=-3)


def test_a_preset_that_is_not_there():
    with pytest.raises(InputError, match=r"no preset 'fastest' in trackers: the presets are .*default"):
        load_tracker("fastest")


@pytest.mark.parametrize("path", ["nowhere/default", "nowhere.yaml"])
def test_a_file_that_is_not_there(path: str):
    with pytest.raises(InputError, match="no such file"):
        load_tracker(path)


def test_a_model_is_chosen_without_a_tracker():
    chosen = model_settings(model="readout", weights=None, size="32x48", device=None)
    assert (chosen.model, chosen.size, chosen.pixels, chosen.device) == ("readout", (32, 48), 184320, "auto")
    with pytest.raises(
        InputError, match="option: no field 'memory'; the fields are model, weights, kind, ensemble, precision"
    ):
        model_settings(memory=3)


def test_devices(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == resolve_device("cpu") == torch.device("cpu")
    with pytest.raises(InputError, match="device 'cuda': this machine has no CUDA device"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == resolve_device("cuda") == torch.device("cuda")
    assert resolve_device("cpu") == torch.device("cpu")
    with pytest.raises(InputError, match="device 'tpu'"):
        resolve_device("tpu")
