"""`vos train` reads its presets, runs, and resumes."""

from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from tests.seggpt_core.training.data.made_shards import every_kind, write_members
from vos.cli.train import read_config, register
from vos.errors import InputError

CONFIGS = Path(__file__).parents[3] / "configs" / "training"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_presets_are_read(path: Path) -> None:
    config = read_config(path)
    assert config.steps > 0
    assert config.model.key_channels == 128


def test_the_embedded_weights_config_leaves_out_what_may_not_be_used_commercially() -> None:
    assert not [name for name in read_config(CONFIGS / "compact.yaml").data if "davis" in name]


def test_a_bad_config_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("data: [a.tar]\nlearning_rate: [[0, 0], [1, 1]]\nbatsh: 4\n")
    with pytest.raises(InputError, match=r"bad\.yaml: config: no setting 'batsh'"):
        read_config(path)


def test_train_and_resume(tmp_path: Path) -> None:
    for name in ("images", "masks"):
        (tmp_path / "own" / name).mkdir(parents=True)
    for index in range(2):
        mask = np.zeros((64, 64), np.uint8)
        mask[10 + index : 40, 10:40] = 1
        Image.fromarray(np.repeat(mask[..., None] * 200, 3, axis=2)).save(tmp_path / "own" / "images" / f"{index}.png")
        Image.fromarray(mask).save(tmp_path / "own" / "masks" / f"{index}.png")
    config = tmp_path / "own.yaml"
    config.write_text(
        "data: [own]\nlearning_rate: [[0, 0.001], [3, 0.001]]\nsizes: [[64, 64]]\nbatch: 1\n"
        "model: {key_channels: 16, width: 32, decoder_width: 16, detail_width: 8}\n"
        "engine: {weights: {composite: 0, whole: 1, pairs: 0, mix: 0, clip: 0}}\n"
    )
    app = typer.Typer()
    register(app)
    arguments = [
        "train",
        "--config",
        str(config),
        "--data",
        str(tmp_path),
        "--out",
        str(tmp_path / "run"),
        "--device",
        "cpu",
    ]
    first = CliRunner().invoke(app, [*arguments, "--until-step", "2"])
    assert first.exit_code == 0, first.output
    assert "step 2/3" in first.output
    assert "going on" not in first.output
    config.write_text(config.read_text().replace("batch: 1", "batch: 1\nseed: 9"))
    second = CliRunner().invoke(app, arguments)
    assert second.exit_code == 0, second.output
    assert "going on from step 2; changed since: seed\n" in second.output
    assert "step 3/3" in second.output
    assert "step 2/3" not in second.output
    assert (tmp_path / "run" / "weights.safetensors").is_file()


def test_a_pack_is_trained_on_like_the_data_it_comes_from(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    write_members(data / "all.tar", every_kind())
    config = tmp_path / "small.yaml"
    config.write_text(
        "data: [all.tar]\nlearning_rate: [[0, 0.001], [1, 0.001]]\nsizes: [[64, 64]]\nbatch: 1\n"
        "model: {key_channels: 16, width: 32, decoder_width: 16, detail_width: 8}\n"
    )
    app = typer.Typer()
    register(app)
    told = ["train", "pack", "--config", str(config), "--data", str(data), "--out", str(tmp_path / "pack")]
    done = CliRunner().invoke(app, [*told, "--max-mb", "1"])
    assert done.exit_code == 0, done.output
    assert "cutouts_caltech101                3 of     3" in done.output
    run = ["train", "--config", str(tmp_path / "pack/config.yaml"), "--data", str(tmp_path / "pack")]
    trained = CliRunner().invoke(app, [*run, "--out", str(tmp_path / "run"), "--device", "cpu"])
    assert trained.exit_code == 0, trained.output
    again = CliRunner().invoke(app, told)
    assert isinstance(again.exception, InputError)
    assert "--out must be a new folder" in str(again.exception)


def test_what_is_missing_is_named() -> None:
    app = typer.Typer()
    register(app)
    done = CliRunner().invoke(app, ["train", "--config", "a.yaml"])
    assert isinstance(done.exception, InputError)
    assert str(done.exception) == "vos train needs --config, --data and --out"
