"""A film for the fake model, its first mask, and a way to call the command line on them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from seggpt_core.prompt import InContextModel
from tests.vos.fake_model import ShadeModel
from tests.vos.flat_clips import clip
from tests.vos.made_files import write_images, write_video
from vos.cli.main import main
from vos.io import write_mask
from vos.settings import ModelSettings, resolve_device

COUNT = 12
OBJECTS = [3, 5]


def call(*arguments: object) -> int:
    """The exit status of `vos` with these arguments."""
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    code = end.value.code
    return code if isinstance(code, int) else 0


def images_and_mask(folder: Path, first: int = 0) -> tuple[Path, Path]:
    """A folder of images with stems s0.., and the mask of number `first`."""
    film = clip(COUNT, OBJECTS)
    write_mask(folder / "mask.png", film[first][1])
    names = [f"s{index}.png" for index in range(COUNT)]
    return write_images(folder / "clip", names, [frame.image for frame, _ in film]), folder / "mask.png"


def video_and_mask(folder: Path, first: int = 0, ending: str = "mkv") -> tuple[Path, Path]:
    """The same as a video."""
    film = clip(COUNT, OBJECTS)
    write_mask(folder / "mask.png", film[first][1])
    images = [frame.image for frame, _ in film]
    return write_video(folder / f"clip.{ending}", images, crf="1"), folder / "mask.png"


def loader(model: ShadeModel | None = None) -> Callable[..., InContextModel]:
    """Stands in for `vos.models.build_model`."""

    def load(settings: ModelSettings) -> InContextModel:
        resolve_device(settings.device)
        return model or ShadeModel()

    return load


def names(folder: Path) -> list[str]:
    """Of what lies in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that was told, on standard error."""
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line
