"""Torch's own kernels, one after the other: nothing to build, any shape at once."""

from collections.abc import Callable

import torch
from torch import Tensor

from pix2pix.backends.parts import Parts
from pix2pix.generators import pad


class Eager:
    """Stem, core and finish on a device, in a type: float32 is what all other back ends are measured against."""

    def __init__(self, parts: Parts, device: torch.device, dtype: torch.dtype) -> None:
        self.precision = str(dtype).removeprefix("torch.")
        self._device = device
        self._parts = parts.cast(dtype).to(device)

    def __call__(self, label_ids: Tensor) -> Tensor:
        """Return photos N,H,W,3 uint8 on the CPU."""
        photo: Tensor = self._parts(label_ids.to(self._device)).cpu()  # the one synchronisation
        return photo.contiguous()  # padding is cut off

    def prepare(self, count: int, height: int, width: int) -> None:
        """Paint once, so that the first frame is as fast as the rest."""
        self(torch.zeros((count, height, width), dtype=torch.uint8))

    def net(self, label_ids: Tensor) -> Callable[[], object]:
        """Return a call that runs the core alone, until it is done."""
        x = self._parts.stem(pad(label_ids.to(self._device), self._parts.stride))

        def run() -> None:
            self._parts.core(x)
            if self._device.type == "cuda":
                torch.cuda.synchronize(self._device)

        return run
