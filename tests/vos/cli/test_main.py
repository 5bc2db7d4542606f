import re
import subprocess
import sys

import pytest

from tests.vos.cli.flat_film import call
from vos.cli.main import build_app

APP = build_app()
GROUPS = {str(group.name): group.typer_instance for group in APP.registered_groups}
COMMANDS = [
    *(str(command.name) for command in APP.registered_commands),
    *(f"{name} {command.name}" for name, group in GROUPS.items() if group for command in group.registered_commands),
    "train",
]


def test_every_command_is_there():
    assert {"propagate", "mask", "info", "train", "train pack", "models list", "demo"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]):
    assert call(*command.split(), "--help") == 0
    assert re.search(rf"Example: +vos {command}", " ".join(capsys.readouterr().out.split()))


def test_version(capsys: pytest.CaptureFixture[str]):
    assert call("--version") == 0
    assert re.fullmatch(r"vos \S.*\n", capsys.readouterr().out)


def test_an_unknown_option_has_status_2():
    assert call("info", "--nonsense") == 2


def test_help_loads_no_heavy_library():
    code = "import sys; from vos.cli.main import build_app; build_app(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"torch", "cv2", "av"} & set(done.stdout.split()) == set()
