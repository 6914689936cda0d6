"""Ways to run a generator, under one signature; which of them suits this machine, and why."""

import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from typing import Protocol

import torch
from torch import Tensor

from pix2pix.errors import Pix2PixError

ON_CPU = ("eager", "bf16", "compile", "openvino")
ON_CUDA = ("eager", "half", "graphs")
LARGE = 4_000_000  # weights: from here on OpenVINO was measured to beat bf16 by torch, by a third and more
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

    def net(self, label_ids: Tensor) -> Callable[[], object]:
        """Return a call that runs the convolutions alone, for these ids, until they are done."""
        ...


def choose_backend(backend: str, device: str, *, parameters: int = 0) -> tuple[str, str]:
    """Return the back end to use on a device ("cpu", "cuda", "cuda:N") and the reason, for people to read.

    `parameters` is the network's number of weights.
    """
    if backend not in NAMES:
        raise Pix2PixError(f"--backend {backend} is not known; use one of {', '.join(NAMES)}")
    if device.startswith("cuda"):
        return _on_cuda(backend, device)
    if backend == "auto":
        return _best_on_cpu(parameters)
    if backend not in ON_CPU:
        raise Pix2PixError(
            f"--backend {backend} needs a CUDA device; on a CPU use one of {', '.join(ON_CPU)}"
        )
    if backend == "bf16" and not bf16_instructions():
        raise Pix2PixError(
            "--backend bf16 needs a CPU with avx512_bf16 or amx_bf16, where it pays; use --backend eager"
        )
    if backend == "compile" and not has_compiler():
        raise Pix2PixError("--backend compile needs a C++ compiler; install g++ or set CXX")
    if backend == "openvino" and not has_openvino():
        raise Pix2PixError("--backend openvino needs OpenVINO; pip install 'carla-bridge[cpu]'")
    return backend, "asked for"


def available(device: str) -> list[str]:
    """Return the back ends that can run on this device of this machine."""
    return [name for name in NAMES[1:] if _can_run(name, device)]


def _can_run(backend: str, device: str) -> bool:
    try:
        choose_backend(backend, device)
    except Pix2PixError:
        return False
    return True


def bf16_instructions() -> str:
    """Return the name of this CPU's instructions for bf16 matrix products, or ""."""
    can = torch.cpu.get_capabilities()
    return next((name for name in ("amx_bf16", "avx512_bf16") if can.get(name)), "")


def has_openvino() -> bool:
    """Say whether the extra `cpu` is installed."""
    return find_spec("openvino") is not None


def has_compiler() -> bool:
    """Say whether there is a C++ compiler."""
    return shutil.which(os.environ.get("CXX", "g++")) is not None


def _on_cuda(backend: str, device: str) -> tuple[str, str]:
    if backend == "auto":
        return "graphs", "the fastest: small networks wait for their launches more than they compute"
    if backend not in ON_CUDA:
        raise Pix2PixError(
            f"--backend {backend} is for a CPU; on {device} use one of {', '.join(ON_CUDA)}, or --device cpu"
        )
    return backend, "asked for"


def _best_on_cpu(parameters: int) -> tuple[str, str]:
    if parameters >= LARGE and has_openvino():
        return "openvino", "it is installed, and the network is large enough for it to pay"
    if found := bf16_instructions():
        return "bf16", f"this CPU has {found}"
    return "eager", "this CPU has no instructions for bf16"
