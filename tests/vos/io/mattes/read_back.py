"""Movies with alpha, read back."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np


def decoded(path: Path) -> Iterator[av.VideoFrame]:
    """With alpha, which of VP9 only libvpx decodes."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if stream.codec_context.name != "vp9":
            yield from container.decode(stream)
            return
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        for packet in [*(one for one in container.demux(stream) if one.size), None]:
            yield from decoder.decode(packet)


def rgba(picture: av.VideoFrame) -> np.ndarray:
    """(H, W, 4) int; alpha by rounding, where FFmpeg's own conversion to 8 bits may be off by one."""
    pixels = picture.to_ndarray(format="rgba", threads=1).astype(int)
    if picture.format.name == "yuva444p12le":
        plane = picture.planes[3]
        deep = np.frombuffer(bytes(plane), np.uint16).reshape(plane.height, -1)[:, : plane.width]
        pixels[..., 3] = np.rint(deep / 4095 * 255)
    return pixels
