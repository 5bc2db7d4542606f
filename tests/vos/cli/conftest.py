import pytest

from tests.vos.cli.flat_film import loader
from tests.vos.fake_model import ShadeModel


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ShadeModel:
    """The fake model in the place of every real one."""
    shade = ShadeModel()
    monkeypatch.setattr("vos.models.build_model", loader(shade))
    return shade
