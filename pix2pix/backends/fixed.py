"""A core built for the shapes it was prepared for; others run by torch's own kernels, so no frame waits for a build."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pix2pix.backends.cache import weights_hash
from pix2pix.backends.parts import Parts
from pix2pix.generators import pad

Run = Callable[[Tensor], Tensor]  # x N,C,h,w → y, as the core does
KEPT = 4  # shapes


class Task(NamedTuple):
    """What to build: a core for inputs like `x`, N,C,h,w in channels_last; `weights` is the core's hash."""

    core: nn.Module
    x: Tensor
    inside: torch.dtype  # of the convolutions, where the library may choose
    weights: str


class Fixed:
    """Stem and finish by torch, the core by what `build` makes of it."""

    def __init__(
        self,
        parts: Parts,
        build: Callable[[Task], Run],
        dtype: torch.dtype,  # of what goes into the core
        *,
        inside: torch.dtype | None = None,  # the same
    ) -> None:
        self._inside = inside or dtype
        self.precision = str(self._inside).removeprefix("torch.")
        self._parts = parts.cast(dtype)
        self._build = build
        self._runs: dict[torch.Size, Run] = {}
        self._weights = ""

    def __call__(self, label_ids: Tensor) -> Tensor:
        """Return photos N,H,W,3 uint8."""
        count, height, width = label_ids.shape
        if not self._runs:
            self.prepare(count, height, width)
        padded = pad(label_ids, self._parts.stride)
        x = self._parts.stem(padded)
        y = self._runs.get(x.shape, self._parts.core)(x)
        photo: Tensor = self._parts.finish(y, padded)
        return photo[:, :height, :width].contiguous()

    def prepare(self, count: int, height: int, width: int) -> None:
        """Build the core for this shape, or take what was built from the cache."""
        ids = pad(torch.zeros((count, height, width), dtype=torch.uint8), self._parts.stride)
        self._weights = self._weights or weights_hash(self._parts.core)
        with torch.inference_mode(False), torch.no_grad():
            x = self._parts.stem(ids)
            if x.shape not in self._runs:
                self._parts.core(
                    x
                )  # what is made once per size, such as noise, is made before the build looks
                self._runs[x.shape] = self._build(Task(self._parts.core, x, self._inside, self._weights))
        while len(self._runs) > KEPT:
            del self._runs[next(iter(self._runs))]

    def net(self, label_ids: Tensor) -> Callable[[], object]:
        """Return a call that runs the core alone."""
        self.prepare(*label_ids.shape)
        x = self._parts.stem(pad(label_ids, self._parts.stride))
        run = self._runs[x.shape]
        return lambda: run(x)
