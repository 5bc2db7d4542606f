import json
import tarfile
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from benchmarks import bench_mattes
from benchmarks.matte_scenes import NoCutouts, scenes


def _add(archive: tarfile.TarFile, name: str, image: np.ndarray) -> None:
    data = BytesIO()
    PIL.Image.fromarray(image).save(data, format="WEBP", lossless=True)
    member = tarfile.TarInfo(name)
    member.size = data.tell()
    data.seek(0)
    archive.addfile(member, data)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two soft wheels, a hard one, and a background. Their teeth are too thin for what the model sees of them."""
    y, x = np.mgrid[:160, :160]
    distance = 60 + 8 * np.sin(36 * np.arctan2(y - 80, x - 80)) - np.hypot(x - 80, y - 80)
    colours = np.random.default_rng(0).integers(190, 210, (160, 160, 3), np.uint8)
    with tarfile.open(tmp_path / "cutouts.tar", "w") as archive:
        for name, softness in [("a", 3.0), ("b", 4.0), ("hard", 0.1)]:
            alpha = (255 * np.clip(distance / softness + 0.5, 0, 1)).astype(np.uint8)
            _add(archive, f"cutouts_fluent3d/{name}.webp", np.dstack([colours, alpha]))
    with tarfile.open(tmp_path / "backgrounds.tar", "w") as archive:
        _add(archive, "backgrounds/one.webp", np.full((80, 100, 3), 40, np.uint8))
    return tmp_path


def test_scenes_are_composites_of_soft_cutouts(data: Path) -> None:
    made = scenes(data, 2)
    assert sorted(scene.cutout.name for scene in made) == ["a", "b"]
    first, second = made[0].shots(2, (96, 128))
    assert first.image.shape == (96, 128, 3)
    assert first.alpha.shape == (96, 128)
    assert (first.alpha.min(), first.alpha.max()) == (0, 1)
    assert not np.array_equal(first.alpha, second.alpha)
    assert abs(first.image[first.alpha == 0].mean() - 40) < 1
    again = next(iter(scenes(data, 2)[0].shots(1, (96, 128))))
    np.testing.assert_array_equal(first.image, again.image)


def test_fewer_soft_cutouts_than_asked_for_are_refused(data: Path) -> None:
    with pytest.raises(NoCutouts, match="has 2 cut-outs with soft edges; 3 are asked for"):
        scenes(data, 3)


def test_data_without_soft_cutouts_are_refused(data: Path) -> None:
    with tarfile.open(data / "cutouts.tar", "w") as archive:
        _add(archive, "cutouts_grocery/milk.webp", np.zeros((8, 8, 4), np.uint8))
    with pytest.raises(NoCutouts, match="needs cut-outs"):
        scenes(data, 1)


def test_a_small_run_compares_and_times(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--data", str(data), "--size", "288,384", "--scenes", "1", "--frames", "1", "--rounds", "1"]
    bench_mattes.main([*small, "--timed", "1", "--no-tracking"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(result["errors"]["averaged"]) == set(bench_mattes.FINISHINGS)
    assert set(result["cost_a_matte"]) == set(bench_mattes.FINISHINGS)


def test_a_refinement_that_spoils_mattes_is_an_error() -> None:
    good, bad = {"alpha_error_at_edges": 1.0}, {"alpha_error_at_edges": 2.0}
    with pytest.raises(bench_mattes.WrongOutput, match="guided: an error of"):
        bench_mattes.check({"averaged": {"none": good, "guided": bad, "closed-form": good}})
