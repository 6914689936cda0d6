"""Ways to run a generator, under one signature; which of them suits this machine, and why."""

from typing import Protocol

import torch
from torch import Tensor

from pix2pix.errors import Pix2PixError

ON_CPU = ("eager", "bf16")
ON_CUDA = ("eager", "half")
NAMES = ("auto", *dict.fromkeys(ON_CPU + ON_CUDA))


class Backend(Protocol):
    """A generator on its device; a pure call."""

    precision: str  # of the convolutions, for people

    def __call__(self, label_ids: Tensor) -> Tensor:
        """Return photos N,H,W,3 uint8 for ids N,H,W uint8, both contiguous and on the CPU."""
        ...

    def prepare(self, count: int, height: int, width: int) -> None:
        """Build whatever this shape needs."""
        ...


def choose_backend(backend: str, device: str) -> tuple[str, str]:
    """Return the back end to use on a device ("cpu", "cuda", "cuda:N") and the reason, for people to read."""
    if backend not in NAMES:
        raise Pix2PixError(f"--backend {backend} is not known; use one of {', '.join(NAMES)}")
    if device.startswith("cuda"):
        return _on_cuda(backend, device)
    if backend == "auto":
        return _best_on_cpu()
    if backend not in ON_CPU:
        raise Pix2PixError(
            f"--backend {backend} needs a CUDA device; on a CPU use one of {', '.join(ON_CPU)}"
        )
    if backend == "bf16" and not bf16_instructions():
        raise Pix2PixError(
            "--backend bf16 needs a CPU with avx512_bf16 or amx_bf16, where it pays; use --backend eager"
        )
    return backend, "asked for"


def bf16_instructions() -> str:
    """Return the name of this CPU's instructions for bf16 matrix products, or ""."""
    can = torch.cpu.get_capabilities()
    return next((name for name in ("amx_bf16", "avx512_bf16") if can.get(name)), "")


def _on_cuda(backend: str, device: str) -> tuple[str, str]:
    if backend == "auto":
        return "half", "GPUs are fastest in 16 bits"
    if backend not in ON_CUDA:
        raise Pix2PixError(
            f"--backend {backend} is for a CPU; on {device} use one of {', '.join(ON_CUDA)}, or --device cpu"
        )
    return backend, "asked for"


def _best_on_cpu() -> tuple[str, str]:
    if found := bf16_instructions():
        return "bf16", f"this CPU has {found}"
    return "eager", "this CPU has no instructions for bf16"
