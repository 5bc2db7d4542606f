import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from tests.vos.cli.flat_film import call
from vos.cli.main import build_app


def runnable(command: Any, name: str) -> Iterator[str]:
    """Every command below one, as it is called."""
    below = getattr(command, "commands", {})
    if not below or command.invoke_without_command:
        yield name
    for part in below.values():
        yield from runnable(part, f"{name} {part.name}".strip())


COMMANDS = sorted(name for name in runnable(get_command(build_app()), "") if name)


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
