"""The wheel carries what it needs, and the three lists of requirements agree."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
MAX_WEIGHTS_BYTES = 20_000_000
CONDA_NAMES = {"torch": "pytorch"}
"""Where conda-forge calls a package something else."""
CLIENTS_PACKAGES = {"pytorch", "decord2", "av", "numpy", "opencv-python-headless", "einops"}


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def requirements(lines: list[str]) -> dict[str, Requirement]:
    found = [Requirement(line) for line in lines]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def pins() -> dict[str, Requirement]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return requirements([line for line in lines if line and not line.startswith("#")])


def conda_lines() -> list[str]:
    """Requirements of environment.yml, conda's and pip's; without the repository and the editable install."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    from_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    lines = [entry for entry in listed if isinstance(entry, str)] + from_pip
    return [line for line in lines if not line.startswith(("git+", "--"))]


def asked_for() -> list[Requirement]:
    """Every requirement of the project and its extras but its own name."""
    lists = [project()["dependencies"], *project()["optional-dependencies"].values()]
    own = canonicalize_name(project()["name"])
    return [r for lines in lists for name, r in requirements(lines).items() if name != own]


@pytest.mark.parametrize("asked", asked_for(), ids=lambda r: r.name)
def test_constraints_pin_one_version_inside_each_range(asked: Requirement) -> None:
    pinned = pins()[canonicalize_name(asked.name)]
    (exact,) = pinned.specifier
    assert exact.operator == "=="
    assert asked.specifier.contains(exact.version)
    assert any(bound.operator == "<" for bound in asked.specifier), "a range has an upper end"


def test_torch_is_pinned_to_the_tested_build() -> None:
    assert str(pins()["torch"].specifier) == "==2.13.0"


def test_conda_environment_asks_for_the_same_ranges() -> None:
    conda = requirements(conda_lines())
    for name, asked in requirements(project()["dependencies"]).items():
        assert conda[CONDA_NAMES.get(name, name)].specifier == asked.specifier, name
    assert str(conda["python"].specifier) == project()["requires-python"]
    assert set(conda) >= CLIENTS_PACKAGES


def test_conda_environment_offers_the_official_scores() -> None:
    assert re.search(r"git\+https://\S*/davis2017-evaluation\.git@[0-9a-f]{40}", (ROOT / "environment.yml").read_text())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_wheel_carries_every_module_preset_weight_and_mask(wheel: zipfile.ZipFile) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "vos", "seggpt_core", "configs"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    wanted = {f"vos/{name}" if name.startswith("configs/") else name for name in tracked}
    assert {"vos/configs/trackers/default.yaml", "vos/demo/first_frame.png"} <= wanted
    assert any(name.endswith(".safetensors") for name in wanted)
    assert wanted <= set(wheel.namelist())


def test_wheel_carries_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"vos", "seggpt_core"}


def test_wheel_names_its_command_and_licences(wheel: zipfile.ZipFile) -> None:
    texts = {name.split("/", 1)[-1]: name for name in wheel.namelist() if ".dist-info/" in name}
    assert "vos = vos.cli.main:main" in wheel.read(texts["entry_points.txt"]).decode()
    assert "License-Expression: Apache-2.0 AND CC-BY-NC-4.0\n" in wheel.read(texts["METADATA"]).decode()
    assert {"licenses/LICENSE", "licenses/seggpt_core/weights/README.md"} <= texts.keys()


def test_embedded_weights_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in (ROOT / "seggpt_core/weights").glob("*.safetensors")}
    assert sizes
    assert max(sizes.values()) <= MAX_WEIGHTS_BYTES
