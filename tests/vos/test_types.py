import numpy as np
import torch

from vos.types import DeviceFrame, Frame


class Counted:
    """A tensor that counts its copies to the host."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor, self.copies, self.shape = tensor, 0, tensor.shape

    def cpu(self) -> torch.Tensor:
        self.copies += 1
        return self.tensor


def test_a_frame_on_a_device_is_copied_once_and_only_when_it_is_asked_for():
    tensor = Counted(torch.arange(24, dtype=torch.uint8).reshape(2, 4, 3))
    frame = DeviceFrame(index=3, tensor=tensor, stem="00003", pts=7)  # type: ignore[arg-type]
    assert isinstance(frame, Frame)
    assert (frame.index, frame.stem, frame.pts, frame.time_base, frame.damaged) == (3, "00003", 7, None, False)
    assert frame.pixels is tensor
    assert frame.size == (2, 4)
    assert tensor.copies == 0
    np.testing.assert_array_equal(frame.image, tensor.tensor.numpy())
    assert frame.image is frame.image
    assert tensor.copies == 1


def test_a_frame_on_the_host_is_its_image():
    image = np.zeros((2, 4, 3), np.uint8)
    frame = Frame(index=0, image=image, stem="00000")
    assert frame.pixels is image
    assert frame.size == (2, 4)
