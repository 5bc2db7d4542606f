"""Plain pictures, such as previews."""

from pathlib import Path

import PIL.Image

from vos.io.atomic import replacing
from vos.types import Image


def write_picture(path: Path, image: Image) -> None:
    """Write (H, W, 3) uint8 RGB as a PNG. Raises WorkError when the file cannot be written."""
    with replacing(path) as temporary:
        PIL.Image.fromarray(image).save(temporary, format="PNG")
