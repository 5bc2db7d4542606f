"""One door to clips of every kind."""

from pathlib import Path

from vos.errors import InputError
from vos.io.clip import Clip
from vos.io.frame_range import FrameRange
from vos.io.images import ImageClip, is_image_file
from vos.io.readers.choose import READERS, open_video


def open_clip(path: Path, frames: FrameRange | None = None, *, reader: str = "auto", device: str = "cpu") -> Clip:
    """Open a video file, a folder of images, or one image; decode nothing yet but a first picture.

    frames: half-open range (A, B), each a frame number (int, 0-based position in the whole clip), seconds after the
    first frame (Fraction), or None for the clip's own start or end; None is all of it. reader: one of READERS.
    device: `cpu` or `cuda`, where the frames are wanted; only some readers decode to a GPU, and `auto` takes one of
    them there. Raises InputError: no such file, not a video, no pictures, several sizes, a range outside the clip, a
    reader that is not known, not installed, or not for this clip.
    """
    if reader not in READERS:
        raise InputError(f"--reader {reader}: must be one of {', '.join(READERS)}")
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.is_dir() or is_image_file(path):
        if reader not in ("auto", "images"):
            raise InputError(f"--reader {reader}: {path} holds images; leave --reader out")
        return ImageClip(path, frames)
    if reader == "images":
        raise InputError(f"--reader images: {path} is neither a folder nor an image file")
    return open_video(path, frames, reader, device)
