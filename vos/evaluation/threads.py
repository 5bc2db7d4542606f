"""CPU threads of a worker, given back afterwards: a worker may be this very process.

The number decides how sums are split, hence their last bits, hence now and then a pixel of a mask. So it never depends
on how many workers there are.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2


@contextmanager
def opencv_threads(number: int) -> Iterator[None]:
    """So many threads for OpenCV."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(number)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


@contextmanager
def worker_threads(number: int) -> Iterator[None]:
    """So many threads for PyTorch and OpenCV."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        with opencv_threads(number):
            yield
    finally:
        torch.set_num_threads(before)
