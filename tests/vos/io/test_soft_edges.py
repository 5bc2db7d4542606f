import cv2
import numpy as np
import pytest

from vos.io.soft_edges import soft_levels


def white_things() -> np.ndarray:
    white = np.zeros((180, 320), np.uint8)
    cv2.circle(white, (90, 90), 50, 255, -1)
    cv2.rectangle(white, (200, 41), (280, 120), 255, -1)
    return white


def cells(count: int, *, touching: bool) -> np.ndarray:
    """(180, 320) uint8: areas of ids 1..count, each nearest to its own point."""
    points = np.random.default_rng(0).random((count, 2)) * (180, 320)
    rows, columns = np.mgrid[:180, :320]
    apart = (rows[..., None] - points[:, 0]) ** 2 + (columns[..., None] - points[:, 1]) ** 2
    ids = (apart.argmin(axis=-1) + 1).astype(np.uint8)
    return ids if touching else np.where(apart.min(axis=-1) < 36, ids, 0).astype(np.uint8)


class TestSoft:
    @pytest.mark.parametrize("sigma", [0.6, 1, 3, 10, 30, 60, 100])
    @pytest.mark.parametrize("white", [255, 254])
    def test_blurred(self, sigma: float, white: int):
        blurred = cv2.GaussianBlur(np.minimum(white_things(), white), (0, 0), sigma)
        assert soft_levels(blurred) == len(set(np.unique(blurred)) - {0, 255})

    @pytest.mark.parametrize("scale", [0.3, 0.5, 1.5, 2, 3, 8])
    @pytest.mark.parametrize("interpolation", [cv2.INTER_LINEAR, cv2.INTER_CUBIC])
    def test_resized(self, scale: float, interpolation: int):
        resized = cv2.resize(white_things(), None, fx=scale, fy=scale, interpolation=interpolation)
        assert soft_levels(resized) == len(set(np.unique(resized)) - {0, 255})

    @pytest.mark.parametrize("quality", [60, 80, 95])
    def test_saved_as_jpeg_before(self, quality: int):
        _, encoded = cv2.imencode(".jpg", white_things(), [cv2.IMWRITE_JPEG_QUALITY, quality])
        assert soft_levels(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)) > 0

    def test_one_grey_along_an_edge(self):
        image = np.zeros((20, 20), np.uint8)
        image[5:], image[4] = 255, 128
        assert soft_levels(image) == 1


class TestIds:
    def test_black_and_white(self):
        assert soft_levels(white_things()) == 0

    @pytest.mark.parametrize("count", [3, 20, 250])
    @pytest.mark.parametrize("touching", [True, False])
    def test_areas(self, count: int, *, touching: bool):
        assert soft_levels(cells(count, touching=touching)) == 0

    def test_areas_in_void(self):
        ids = cells(20, touching=True)
        ids[cv2.Laplacian(ids, cv2.CV_16S) != 0] = 255
        assert soft_levels(ids) == 0

    def test_small_ids_however_thin(self):
        assert soft_levels((np.arange(400, dtype=np.uint8) % 16).reshape(20, 20)) == 0
        assert soft_levels(np.array([[0, 1, 255], [2, 0, 255]], np.uint8)) == 0

    def test_one_thin_id(self):
        assert soft_levels(np.eye(9, dtype=np.uint8) * 200) == 0

    def test_blocks_numbered_in_order(self):
        rows, columns = np.mgrid[:180, :320]
        assert soft_levels((rows // 20 * 16 + columns // 20 + 1).astype(np.uint8)) == 0
