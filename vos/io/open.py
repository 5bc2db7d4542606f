"""One door to clips of every kind."""

from pathlib import Path

from vos.errors import InputError
from vos.io.clip import Clip
from vos.io.frame_range import FrameRange
from vos.io.images import ImageClip, is_image_file
from vos.io.video import VideoClip


def open_clip(path: Path, frames: FrameRange | None = None) -> Clip:
    """Open a video file, a folder of images, or one image; decode nothing yet but a first picture.

    frames: half-open range (A, B), each a frame number (int, 0-based position in the whole clip), seconds after the
    first frame (Fraction), or None for the clip's own start or end; None is all of it.
    Raises InputError: no such file, not a video, no pictures, several sizes, a range outside the clip.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.is_dir() or is_image_file(path):
        return ImageClip(path, frames)
    return VideoClip(path, frames)
