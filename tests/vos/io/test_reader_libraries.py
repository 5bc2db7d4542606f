"""Each library behind the readers: GPU ones with stand-ins for what needs a GPU, and all where they are there."""

import importlib
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
import torch

from tests.tolerances import CODED_COLOUR
from tests.vos.io.decoded import pictures_of
from tests.vos.io.test_colour import write_flat
from tests.vos.made_files import VARIABLE_TIMES, number_of, numbered, quadrants, write_video
from vos.errors import InputError, TruncatedError, VosError
from vos.io import open_clip
from vos.types import DeviceFrame


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mkv", numbered(10), VARIABLE_TIMES)


class FakeNvDecoder:
    """PyNvVideoCodec's SimpleDecoder, on the host: NV12 planes of PyAV's pictures."""

    def __init__(self, path: str, **options: object) -> None:
        assert options == {"gpu_id": 0, "use_device_memory": True, "output_color_type": "native"}
        with av.open(path) as container:
            self._planes = [
                torch.from_numpy(frame.reformat(format="nv12", threads=1).to_ndarray())
                for frame in container.decode(video=0)
            ]

    def __len__(self) -> int:
        return len(self._planes)

    def __getitem__(self, index: int) -> torch.Tensor:
        return self._planes[index]


@pytest.fixture
def nvidia(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins for PyNvVideoCodec, and for the synchronisation with a GPU."""
    fake = SimpleNamespace(SimpleDecoder=FakeNvDecoder, OutputColorType=SimpleNamespace(NATIVE="native"))
    monkeypatch.setitem(sys.modules, "PyNvVideoCodec", fake)  # type: ignore[arg-type]
    monkeypatch.setattr("torch.cuda.synchronize", lambda: None)


@pytest.mark.usefixtures("nvidia")
class TestPyNvVideoCodec:
    @pytest.mark.parametrize("turn", [None, (-90.0, False), (180.0, False), (0.0, True)])
    def test_planes_become_upright_rgb(self, tmp_path: Path, turn: tuple[float, bool] | None):
        path = write_video(tmp_path / "clip.mp4", [quadrants(), *numbered(3)], turn=turn)
        opened = open_clip(path, reader="pynvvideocodec", device="cuda")
        for frame, image in zip(opened, pictures_of(path), strict=True):
            assert isinstance(frame, DeviceFrame)
            difference = np.abs(frame.image.astype(int) - image)
            assert difference.mean() <= 1
            assert np.percentile(difference, 80) <= CODED_COLOUR  # all but the seams, where chroma is enlarged


class FakePlane:
    """A plane that, as PyAV's on a GPU, gives its memory only without a stream."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self._tensor = tensor

    def __dlpack__(self, *, stream: None = None) -> object:
        return self._tensor.__dlpack__()


def test_planes_of_pyav_on_a_gpu(clip: Path, monkeypatch: pytest.MonkeyPatch):
    def gpu_picture(picture: av.VideoFrame) -> SimpleNamespace:
        planes = torch.from_numpy(picture.reformat(format="nv12", threads=1).to_ndarray())
        chroma = planes[picture.height :].reshape(picture.height // 2, picture.width // 2, 2)
        return SimpleNamespace(
            pts=picture.pts,
            format=SimpleNamespace(name="cuda"),
            sw_format=SimpleNamespace(name="nv12"),
            planes=[FakePlane(planes[: picture.height]), FakePlane(chroma)],
        )

    class Opened:
        def __init__(self, path: Path, *, hwaccel: object) -> None:
            self._container = av.open(str(path))

        def __enter__(self) -> tuple[object, object]:
            decode = self._container.decode
            return SimpleNamespace(decode=lambda stream: map(gpu_picture, decode(video=0))), None

        def __exit__(self, *_: object) -> None:
            self._container.close()

    monkeypatch.setattr("av.codec.hwaccel.HWAccel", lambda *_, **options: options)
    monkeypatch.setattr("vos.io.readers.libraries.opened", Opened)
    monkeypatch.setattr("torch.cuda.synchronize", lambda: None)
    frames = list(open_clip(clip, (3, 6), reader="pyav-cuda", device="cuda"))
    assert [(frame.index, number_of(frame.image)) for frame in frames] == [(3, 3), (4, 4), (5, 5)]
    assert all(isinstance(frame, DeviceFrame) for frame in frames)


def test_torchcodec_on_a_gpu(clip: Path, monkeypatch: pytest.MonkeyPatch):
    """A stand-in that gives tensors, which stay as they are."""
    given = [torch.from_numpy(image) for image in pictures_of(clip)]

    def decoder(path: str, **options: object) -> list[torch.Tensor]:
        assert options == {
            "dimension_order": "NHWC", "device": "cuda", "num_ffmpeg_threads": 0, "seek_mode": "exact"
        }  # fmt: skip
        return given

    monkeypatch.setitem(sys.modules, "torchcodec", ModuleType("torchcodec"))
    monkeypatch.setitem(sys.modules, "torchcodec.decoders", SimpleNamespace(VideoDecoder=decoder))  # type: ignore[arg-type]
    opened = open_clip(clip, device="cuda")
    assert opened.info.reader == "torchcodec"
    for frame, tensor in zip(opened, given, strict=True):
        assert isinstance(frame, DeviceFrame)
        assert frame.pixels is tensor


def installed(module: str) -> None:
    try:
        importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - torchcodec raises RuntimeError where FFmpeg's libraries are missing
        pytest.skip(f"{module} cannot be imported: {str(error).strip().splitlines()[0]}")


@pytest.mark.parametrize(("reader", "module"), [("decord", "decord"), ("torchcodec", "torchcodec.decoders")])
class TestInstalled:
    @pytest.mark.parametrize("ending", ["mp4", "mkv"])
    def test_the_same_frames_as_pyav(self, tmp_path: Path, reader: str, module: str, ending: str):
        installed(module)
        path = write_video(tmp_path / f"clip.{ending}", numbered(10), VARIABLE_TIMES, bf="2")
        expected = list(open_clip(path, (2, 9), reader="pyav"))
        found = list(open_clip(path, (2, 9), reader=reader))
        for one, other in zip(found, expected, strict=True):
            assert (one.index, one.stem, one.pts, one.time_base) == (
                other.index,
                other.stem,
                other.pts,
                other.time_base,
            )
            np.testing.assert_array_equal(one.image, other.image)

    @pytest.mark.parametrize(("matrix", "full"), [(1, False), (6, True), (9, False), (None, None)])
    @pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le"])
    def test_the_same_colours(
        self, tmp_path: Path, reader: str, module: str, pixel_format: str, matrix: int | None, full: bool | None
    ):
        installed(module)
        path = write_flat(tmp_path / "clip.mkv", pixel_format, matrix, full)
        for one, other in zip(open_clip(path, reader=reader), open_clip(path), strict=True):
            np.testing.assert_allclose(one.image.astype(int), other.image, atol=1)

    def test_a_damaged_clip_is_never_read_past_its_damage(self, tmp_path: Path, reader: str, module: str):
        installed(module)
        noise = np.random.default_rng(0).integers(0, 256, (8, 48, 64, 3), dtype=np.uint8)
        path = write_video(tmp_path / "clip.mov", list(noise), codec="png", pixel_format="rgb24")
        content = bytearray(path.read_bytes())
        fifth = [at for at in range(len(content)) if content[at : at + 4] == b"\x89PNG"][4]
        content[fifth : fifth + 2000] = bytes(2000)
        path.write_bytes(content)
        frames = iter(open_clip(path, reader=reader)) if reader != "decord" else None
        if frames is None:  # it decodes ahead: it may fail at once, or before the damage
            with pytest.raises(VosError):
                list(open_clip(path, reader=reader))
            return
        assert [next(frames).index for _ in range(4)] == [0, 1, 2, 3]
        with pytest.raises(TruncatedError):
            next(frames)


def test_decord_does_not_turn_pictures_rightly(tmp_path: Path):
    installed("decord")
    path = write_video(tmp_path / "clip.mp4", [quadrants()] * 2, turn=(-90.0, False))
    with pytest.raises(InputError, match="--reader decord: cannot read .*clip.mp4: it cannot decode the first frame"):
        open_clip(path, reader="decord")


@pytest.mark.parametrize(("reader", "module"), [
    ("torchcodec", "torchcodec.decoders"), ("pynvvideocodec", "PyNvVideoCodec"), ("pyav-cuda", "av")
])  # fmt: skip
def test_on_a_gpu(tmp_path: Path, require: Any, reader: str, module: str):
    require("gpu")
    installed(module)
    path = write_video(tmp_path / "clip.mp4", numbered(10, 640, 480), VARIABLE_TIMES, bf="2")
    for one, other in zip(open_clip(path, reader=reader, device="cuda"), open_clip(path, reader="pyav"), strict=True):
        assert isinstance(one, DeviceFrame)
        assert one.tensor.is_cuda
        assert (one.index, one.pts) == (other.index, other.pts)
        np.testing.assert_allclose(one.image.astype(int), other.image, atol=CODED_COLOUR)
