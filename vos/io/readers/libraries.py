"""The libraries, each behind one function that yields pictures."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vos.io.probe import VideoFacts, opened
from vos.io.readers.source import Source, Unfit, library
from vos.types import Image

if TYPE_CHECKING:
    from torch import Tensor


def _decord(facts: VideoFacts, device: str, frames: range) -> Iterator[Image]:
    """decord2, https://github.com/johnnynunez/decord2: `import decord`. Its wheel decodes on the CPU only."""
    decord = library("decord", "decord2")
    reader = decord.VideoReader(str(facts.path.resolve()), num_threads=0)
    _require_count(len(reader), facts)
    for index in frames:
        yield reader[index].asnumpy()


def _torchcodec(facts: VideoFacts, device: str, frames: range) -> Iterator["Image | Tensor"]:
    """torchcodec in its exact mode, on the CPU or, by a CUDA build, on a GPU."""
    decoders = library("torchcodec.decoders", "torchcodec")
    decoder = decoders.VideoDecoder(
        str(facts.path.resolve()), dimension_order="NHWC", device=device, num_ffmpeg_threads=0, seek_mode="exact"
    )
    _require_count(len(decoder), facts)
    for index in frames:
        picture = decoder[index]
        yield picture if device != "cpu" else picture.numpy()


def _pynvvideocodec(facts: VideoFacts, device: str, frames: range) -> Iterator["Tensor"]:
    """PyNvVideoCodec, converted to RGB here: its own conversion does not tell which matrix it takes."""
    import torch

    from vos.io.readers.yuv import rgb_of_planes, split_semi_planar

    codec = library("PyNvVideoCodec", "pynvvideocodec")
    decoder = codec.SimpleDecoder(
        str(facts.path.resolve()),
        gpu_id=torch.device(device).index or 0,
        use_device_memory=True,
        output_color_type=codec.OutputColorType.NATIVE,
    )
    _require_count(len(decoder), facts)
    for index in frames:
        luma, chroma = split_semi_planar(torch.utils.dlpack.from_dlpack(decoder[index]), facts.height, facts.width)
        bits = 8 if luma.dtype == torch.uint8 else 10 if "10" in facts.pixel_format else 16
        rgb = rgb_of_planes(luma, chroma, facts.colour, bits=bits)
        torch.cuda.synchronize()  # the decoder may use the surface again once this picture is given
        yield rgb


def _pyav_cuda(facts: VideoFacts, device: str, frames: range) -> Iterator["Tensor"]:
    """PyAV with FFmpeg's CUDA decoders: pictures in order, from the clip's begin on."""
    import torch
    from av.codec.hwaccel import HWAccel

    from vos.io.readers.yuv import rgb_of_planes

    hwaccel = HWAccel("cuda", device=str(torch.device(device).index or 0), is_hw_owned=True)
    with opened(facts.path, hwaccel=hwaccel) as (container, stream):
        for index, picture in enumerate(container.decode(stream)):
            if facts.times is not None and picture.pts != facts.times[index]:
                raise RuntimeError(f"frame {index} is lost")
            if index in frames:
                if picture.format.name != "cuda" or picture.sw_format is None:
                    raise Unfit(f"no CUDA decoder for {facts.codec}")
                torch.cuda.synchronize()  # PyAV's planes know no stream: the decoder must be done with them
                luma, chroma = (torch.utils.dlpack.from_dlpack(plane.__dlpack__()) for plane in picture.planes)
                bits = {"nv12": 8, "p010le": 10, "p016le": 16}[picture.sw_format.name]
                rgb = rgb_of_planes(luma, chroma, facts.colour, bits=bits)
                torch.cuda.synchronize()  # and so must this conversion, before the surface is given back
                yield rgb
            if index + 1 >= frames.stop:
                return


def _require_count(count: int, facts: VideoFacts) -> None:
    if count != facts.count:
        raise Unfit(f"it finds {count} frames of {facts.count}")


_CUDA = frozenset({"cuda"})
SOURCES = (
    Source(name="torchcodec", pictures=_torchcodec, devices=_CUDA | {"cpu"}, turns=True, own_matrix=True),
    Source(name="pynvvideocodec", pictures=_pynvvideocodec, devices=_CUDA, turns=False, own_matrix=False),
    Source(name="pyav-cuda", pictures=_pyav_cuda, devices=_CUDA, turns=False, own_matrix=False),
    Source(name="decord", pictures=_decord, devices=frozenset({"cpu"}), turns=True, own_matrix=True),
)
"""In the order in which `auto` tries those that reach a GPU."""
