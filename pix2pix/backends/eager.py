"""Torch's own kernels, one after the other: nothing to build, any shape at once."""

import torch
from torch import Tensor

from pix2pix.backends.parts import Parts


class Eager:
    """Stem, core and finish on a device, in a type: float32 is what all other back ends are measured against."""

    def __init__(self, parts: Parts, device: torch.device, dtype: torch.dtype) -> None:
        self.precision = str(dtype).removeprefix("torch.")
        self._device = device
        self._parts = parts.cast(dtype).to(device)

    def __call__(self, label_ids: Tensor) -> Tensor:
        """Return photos N,H,W,3 uint8 on the CPU."""
        photo: Tensor = self._parts(label_ids.to(self._device)).cpu()  # the one synchronisation
        return photo

    def prepare(self, count: int, height: int, width: int) -> None:
        """Paint once, so that the first frame is as fast as the rest."""
        self(torch.zeros((count, height, width), dtype=torch.uint8))
