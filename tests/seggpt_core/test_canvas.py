import math
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seggpt_core import canvas
from seggpt_core.errors import InputError
from tests.tolerances import RESIZED_COLOUR

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ((480, 854), (288, 512)),
        ((854, 480), (512, 288)),
        ((1080, 1920), (288, 512)),
        ((600, 800), (336, 448)),
        ((512, 512), (384, 384)),
        ((144, 176), (352, 432)),
        ((1, 1), (384, 384)),
        ((800, 1920), (240, 576)),
    ],
)
def test_sizes_of_common_pictures(picture: tuple[int, int], expected: tuple[int, int]):
    assert canvas.fit_size(*picture, pixels=288 * 512, multiple=16) == expected


@pytest.mark.parametrize("picture", [(8000, 50), (50, 8000), (1, 9000), (1200, 300), (100_000, 1)])
def test_a_strip_stays_affordable(picture: tuple[int, int]):
    height, width = canvas.fit_size(*picture, pixels=288 * 512, multiple=16)
    assert height * width <= 1.35 * 288 * 512
    assert min(height, width) >= 32
    assert (height > width) == (picture[0] > picture[1])


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([128**2, 288 * 512]), st.sampled_from([8, 16, 32]))
@example(42, 106, 128**2, 32)
def test_sizes_are_multiples_and_keep_the_aspect(height: int, width: int, pixels: int, multiple: int):
    size = canvas.fit_size(height, width, pixels, multiple)
    assert all(side >= 2 * multiple and side % multiple == 0 for side in size)
    aspect = max(height, width) / min(height, width)
    if aspect <= 3.5 and pixels >= aspect * (2 * multiple) ** 2:
        assert abs(min(size) - math.sqrt(pixels / aspect)) <= multiple / 2
    if min(size) >= 5 * multiple:  # below, a shorter side rounded up may cost so many pixels that the longer is cut
        assert abs(max(size) - min(size) * aspect) <= multiple / 2


def test_what_has_no_size_is_refused():
    with pytest.raises(InputError, match="0x50"):
        canvas.fit_size(0, 50, 288, 16)
    with pytest.raises(InputError, match="100 pixels: the model's input has at least 32x32"):
        canvas.fit_size(50, 50, 100, 16)


def test_an_image_keeps_its_colours_and_range():
    image = np.zeros((48, 64, 3), dtype=np.uint8)
    image[:, :32] = (255, 0, 51)
    resized = canvas.to_model_image(image, (24, 32), CPU, "smooth")
    assert resized.shape == (3, 24, 32)
    assert resized.dtype == torch.float32
    torch.testing.assert_close(resized[:, 5, 3], torch.tensor([1.0, 0.0, 0.2]))
    assert not resized[:, :, 16:].any()


def test_shrinking_averages():
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    resized = canvas.to_model_image(image, (16, 24), CPU, "smooth")
    means = image.reshape(16, 4, 24, 4, 3).mean((1, 3)).transpose(2, 0, 1) / 255
    np.testing.assert_allclose(resized.numpy(), means, atol=1 / 255)  # OpenCV rounds to uint8


@pytest.mark.parametrize("resampling", get_args(canvas.Resampling))
@pytest.mark.parametrize("size", [(16, 24), (24, 40), (47, 64), (64, 96), (80, 112), (32, 160)])
def test_tensors_are_resized_as_arrays_are(size: tuple[int, int], resampling: canvas.Resampling):
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    host = canvas.to_model_image(image, size, CPU, resampling)
    device = canvas.to_model_image(torch.from_numpy(image), size, CPU, resampling)
    torch.testing.assert_close(device, host, rtol=0, atol=RESIZED_COLOUR / 255)


def test_images_grow_too():
    image = np.full((10, 10, 3), 128, dtype=np.uint8)
    assert canvas.to_model_image(image, (32, 48), CPU, "smooth").unique().tolist() == [pytest.approx(128 / 255)]


def test_unknown_pixels_give_their_neighbours_no_colour():
    known = torch.ones(32, 32)
    known[:, 16:] = 0
    colours = torch.rand(3, 1, 1, generator=torch.Generator().manual_seed(0)).expand(3, 32, 32)
    targets, weight = canvas.to_model_targets([colours, 1 - colours], known, (12, 12), "smooth")
    assert targets.shape == (2, 3, 12, 12)
    seen = weight > 1e-3
    torch.testing.assert_close(targets[0][:, seen], colours[:, :1, 0].expand(-1, int(seen.sum())))
    torch.testing.assert_close(weight[:, :5], torch.ones(12, 5))
    assert not weight[:, 7:].any()
    assert not targets[:, :, :, 8:].any()
