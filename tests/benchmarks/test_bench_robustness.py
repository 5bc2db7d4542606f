"""Pictures are made worse as their names say, clips are what they say, and the result has both tables."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from benchmarks import bench_robustness, degradations
from benchmarks.replayed import every_nth, forth_and_back, frames_of, shortened
from tests.vos.datasets.made_davis import moving_square, write_davis
from tests.vos.evaluation.made_models import FAST
from vos.datasets import VideoSequence, read_truth
from vos.evaluation import open_dataset
from vos.io import find_images, read_image
from vos.types import Image

NOISE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
GREY = np.full((160, 200, 3), 100, np.uint8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two sequences of 32x24 pixels, of 8 and 5 frames."""
    return write_davis(tmp_path / "davis", 2016, {"long": moving_square(8), "short": moving_square(5)})


@pytest.fixture
def sequence(root: Path) -> VideoSequence:
    """The one of 8 frames."""
    return open_dataset("davis2016", root, ["long"]).sequences[0]


@pytest.mark.parametrize("name", degradations.DEGRADATIONS)
def test_a_degradation_keeps_the_shape_and_its_argument_and_depends_on_the_number_alone(name: str) -> None:
    degrade, before = degradations.DEGRADATIONS[name], NOISE.copy()
    one, again = degrade(NOISE, 3), degrade(NOISE, 3)
    assert (one.shape, one.dtype) == (NOISE.shape, np.uint8)
    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(NOISE, before)
    assert np.array_equal(one, NOISE) == (name == "none")


def test_blur_is_a_gaussian_of_a_share_of_the_height() -> None:
    """The variance of what one bright column becomes is the square of 160 / 160 pixels."""
    column = np.zeros((160, 41, 3), np.uint8)
    column[:, 20] = 255
    profile = degradations.blurred(column, 0)[80, :, 0].astype(float)
    spread = (profile * np.square(np.arange(41) - 20)).sum() / profile.sum()
    assert spread == pytest.approx(1.0, rel=0.1)  # cut off beyond a few pixels, and rounded


def test_noise_is_as_strong_as_named_and_new_in_every_frame() -> None:
    first, second = degradations.noisy(GREY, 0).astype(float) - 100, degradations.noisy(GREY, 1).astype(float) - 100
    assert first.std() == pytest.approx(degradations.NOISE_LEVELS, rel=0.02)
    assert abs(first.mean()) < 0.5
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.02


def test_dark_scales_by_its_factor() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(1, 256, 1).repeat(3, axis=2)
    expected = np.rint(degradations.DARK_FACTOR * np.arange(256))
    np.testing.assert_array_equal(degradations.dark(levels, 0)[0, :, 1], expected)


def test_jpeg_has_the_named_quality() -> None:
    """As a plain encoder gives it, colours in the right order."""
    done, data = cv2.imencode(".jpg", NOISE[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 20])
    assert done
    np.testing.assert_array_equal(degradations.compressed(NOISE, 0), cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


@pytest.mark.parametrize("size", [(48, 64), (47, 63)])
def test_half_resolution_halves_and_restores_the_size(size: tuple[int, int]) -> None:
    image = NOISE[: size[0], : size[1]]
    made = degradations.halved(image, 0)
    assert made.shape == image.shape
    stripes = np.zeros((*size, 3), np.uint8)
    stripes[:, ::2] = 200
    left = degradations.halved(stripes, 0)[:, 2:-2].astype(int)
    assert np.ptp(left) <= 20  # of 200: finer than it can show
    blocks = np.kron(NOISE[:4, :4], np.ones((8, 8, 1), np.uint8))
    np.testing.assert_array_equal(degradations.halved(blocks, 0)[3::8, 3::8], NOISE[:4, :4])


def test_a_shortened_clip_ends_as_davis_does(sequence: VideoSequence) -> None:
    short = shortened(sequence, 6)
    assert short.stems == ("00000", "00001", "00002", "00003", "00004", "00005")
    assert short.scored == (1, 2, 3, 4)
    assert shortened(sequence, 99).scored == sequence.scored == (1, 2, 3, 4, 5, 6)


def test_frames_that_remain_are_scored(sequence: VideoSequence) -> None:
    skipped = every_nth(sequence, 3)
    assert skipped.stems == ("00000", "00003", "00006")
    assert skipped.scored == (1, 2)
    assert every_nth(shortened(sequence, 7), 3).scored == (1,)  # frame 6 is its last


def test_forth_and_back_has_the_truth_of_each_frame_twice(sequence: VideoSequence) -> None:
    played = forth_and_back(sequence)
    assert len(played.stems) == 2 * 8 - 1
    assert played.scored == tuple(range(1, 14))
    (layer,) = played.layers
    for position in range(8):
        one, other = read_truth(played, layer, position), read_truth(played, layer, 14 - position)
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, moving_square(8)[position])


def test_frames_come_degraded_in_the_order_of_the_clip(sequence: VideoSequence) -> None:
    files = find_images([sequence.images])

    def mark(image: Image, number: int) -> Image:
        return np.full_like(image, number)

    frames = list(frames_of(forth_and_back(shortened(sequence, 5)), mark))
    assert [frame.index for frame in frames] == list(range(9))
    assert [int(frame.image[0, 0, 0]) for frame in frames] == list(range(9))
    plain = list(frames_of(every_nth(sequence, 3), degradations.unchanged))
    for frame, number in zip(plain, (0, 3, 6), strict=True):
        np.testing.assert_array_equal(frame.image, read_image(files[number]))


def run(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    """The result with a model that knows objects by their shade."""
    tracker = tmp_path / "fast.yaml"
    tracker.write_text(f"model: {FAST}\nsize: 48x64\n")
    bench_robustness.main(["--data", str(root), "--tracker", str(tracker), *options])
    result: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return result


def test_the_result_has_both_tables(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(root, tmp_path, capsys, "--long", "10", "--memory", "1,2")
    assert result["sequences"] == {"long": 8, "short": 5}
    rows = result["degradations"]["rows"]
    assert list(rows) == [*degradations.DEGRADATIONS, "every 3rd frame"]
    assert rows["none"]["frames"] == 6 + 3
    assert rows["every 3rd frame"]["frames"] == 2 + 1
    assert set(rows["blur"]["JF_by_sequence"]) == {"long", "short"}
    assert result["degradations"]["strengths"]["dark_factor"] == degradations.DARK_FACTOR
    assert all(0 <= row["JF"] <= 1 for row in rows.values())
    assert rows["none"]["JF"] > rows["noise"]["JF"]  # the model goes by the shade of single pixels
    assert result["memory"]["clips"] == {"long": 15}
    grid = [(row["policy"], row["memory"]) for row in result["memory"]["rows"]]
    assert grid == [(policy, memory) for policy in ("recent", "stride", "gated") for memory in (1, 2)]
    assert all(row["frames"] == 13 for row in result["memory"]["rows"])


def test_sequences_and_frames_limit_the_work(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(root, tmp_path, capsys, "--sequences", "long", "--frames", "6", "--memory", "1")
    assert result["sequences"] == {"long": 6}
    assert result["degradations"]["rows"]["none"]["frames"] == 4
    assert result["memory"] == {"clips": {}, "rows": []}  # none has 100 frames


def test_too_few_frames_are_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench_robustness.main(["--data", str(root), "--frames", "4"])
    assert "--frames is 4; at least 5" in capsys.readouterr().err
