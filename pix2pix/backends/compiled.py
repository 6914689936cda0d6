"""`torch.compile`'s machinery ahead of time: the core becomes a library that the next start only loads.

It takes a C++ compiler and 10 to 60 s once per shape; what it builds stays in the cache.
"""

import warnings
from pathlib import Path
from typing import cast

import torch

from pix2pix.backends.cache import cached, key_of
from pix2pix.backends.fixed import Run, Task


def build(task: Task) -> Run:
    """Return the task's core as machine code."""
    key = key_of(task.weights, backend="compile", shape=list(task.x.shape), type=str(task.inside))
    return cached(key, "core.pt2", build=lambda path: _compile(task, path), load=_load)


def _compile(task: Task, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's own making
        program = torch.export.export(task.core, (task.x,), strict=False)
        settings = {"freezing": True}  # the weights are laid out once, as the kernels want them
        torch._inductor.aoti_compile_and_package(program, package_path=str(path), inductor_configs=settings)


def _load(path: Path) -> Run:
    return cast(Run, torch._inductor.aoti_load_package(str(path)))
