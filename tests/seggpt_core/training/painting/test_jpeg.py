import cv2
import numpy as np
import pytest
import torch

from seggpt_core.training.data.recording import Codec
from seggpt_core.training.data.recording import compress as compress_on_cpu
from seggpt_core.training.painting.jpeg import jpeg
from seggpt_core.training.painting.record import compress
from tests.tolerances import CODED_GREY, CODED_SHARE


def picture(seed: int, size: tuple[int, int] = (64, 96)) -> np.ndarray:
    """Coloured blobs and a little noise: something with all frequencies."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (8, 12, 3), dtype=np.uint8)
    smooth = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    return cv2.add(smooth, rng.normal(0, 6, smooth.shape).astype(np.float32), dtype=cv2.CV_8U)


def through_libjpeg(image: np.ndarray, quality: int) -> np.ndarray:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    _, data = cv2.imencode(".jpg", image[..., ::-1], options)
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]


def through_mine(image: np.ndarray, quality: int) -> np.ndarray:
    return jpeg(torch.from_numpy(image).permute(2, 0, 1)[None].float(), quality)[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("quality", [5, 20, 49, 50, 80, 95])
def test_it_loses_what_libjpeg_loses(quality: int) -> None:
    image = picture(quality)
    official = through_libjpeg(image, quality).astype(float)
    lost = np.abs(official - image).mean()
    assert np.abs(through_mine(image, quality) - official).mean() < CODED_SHARE * lost
    grey = np.repeat(image[..., :1], 3, axis=2)
    assert np.abs(through_mine(grey, quality) - through_libjpeg(grey, quality)).mean() < CODED_GREY


@pytest.mark.parametrize("codec", [Codec(60, (0, 0), 0.0), Codec(60, (5, 11), 0.0), Codec(90, (3, 7), 6.0)])
def test_a_codec_has_its_grid_and_its_still_blocks(codec: Codec) -> None:
    first = picture(0, (50, 70))
    second = first.copy()
    second[:20, :20] = 255 - second[:20, :20]
    expected = np.stack(compress_on_cpu([first, second], codec))
    clip = torch.from_numpy(np.stack([first, second])).permute(0, 3, 1, 2).float()
    mine = compress(clip, codec).permute(0, 2, 3, 1).numpy()
    assert mine.shape == expected.shape
    lost = np.abs(expected.astype(float) - [first, second]).mean()
    assert np.abs(mine - expected).mean() < CODED_SHARE * lost
    if codec.hold:
        np.testing.assert_array_equal(mine[1, 35:], mine[0, 35:])
        assert np.abs(mine[1, :10, :10] - mine[0, :10, :10]).mean() > 20
