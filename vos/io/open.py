"""One door to clips of every kind."""

from pathlib import Path

from vos.errors import InputError
from vos.io.clip import Clip
from vos.io.images import ImageClip, is_image_file
from vos.io.video import VideoClip


def open_clip(path: Path, frames: tuple[int, int] | None = None) -> Clip:
    """Open a video file, a folder of images, or one image; decode nothing yet but a first picture.

    frames: half-open range of frame numbers (A, B), 0-based positions in the whole clip; None is all of it.
    Raises InputError: no such file, not a video, no pictures, several sizes, a range outside the clip.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.is_dir() or is_image_file(path):
        return ImageClip(path, frames)
    return VideoClip(path, frames)
