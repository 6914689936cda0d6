"""CUDA graphs: all kernels of a shape are launched at once, for small networks spend their time launching.

`half` is the same without graphs.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from pix2pix.backends.parts import Parts
from pix2pix.generators import pad

WARM_CALLS = 3  # before a capture: libraries choose their kernels and make their workspaces
KEPT = 4  # shapes


class Graphs:
    """Stem, core and finish in float16, captured once per shape, with pinned memory on both ends."""

    precision = "float16"

    def __init__(self, parts: Parts, device: torch.device) -> None:
        self._device = device
        self._parts = parts.cast(torch.float16).to(device)
        self._captured: dict[torch.Size, _Captured] = {}

    def __call__(self, label_ids: Tensor) -> Tensor:
        """Return photos N,H,W,3 uint8 on the CPU."""
        if label_ids.shape not in self._captured:
            self.prepare(*label_ids.shape)
        return self._captured[label_ids.shape](label_ids)

    def prepare(self, count: int, height: int, width: int) -> None:
        """Capture this shape's graph; the oldest goes where there are too many."""
        shape = torch.Size((count, height, width))
        if shape not in self._captured:
            self._captured[shape] = _Captured(self._parts, shape, self._device)
        while len(self._captured) > KEPT:
            del self._captured[next(iter(self._captured))]

    def net(self, label_ids: Tensor) -> Callable[[], object]:
        """Return a call that runs the core alone, without a graph, until it is done."""
        x = self._parts.stem(pad(label_ids.to(self._device), self._parts.stride))

        def run() -> None:
            self._parts.core(x)
            torch.cuda.synchronize(self._device)

        return run


class _Captured:
    """The graph of one shape, with its memory."""

    def __init__(self, parts: Parts, shape: torch.Size, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)
        self._given = torch.zeros(shape, dtype=torch.uint8).pin_memory()
        self._answer = torch.empty((*shape, 3), dtype=torch.uint8).pin_memory()
        with torch.cuda.device(device):
            with torch.cuda.stream(self._stream):
                self._ids = self._given.to(device)
                for _ in range(WARM_CALLS):
                    parts(self._ids)
            self._stream.synchronize()
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph, stream=self._stream):
                self._photo = parts(self._ids)

    def __call__(self, label_ids: Tensor) -> Tensor:
        """Copy in, run, copy out; the answer is the caller's own."""
        self._given.copy_(label_ids)
        with torch.cuda.stream(self._stream):
            self._ids.copy_(self._given, non_blocking=True)
            self._graph.replay()
            self._answer.copy_(self._photo, non_blocking=True)
        self._stream.synchronize()
        return self._answer.clone()
