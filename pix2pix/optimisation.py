"""What an optimiser step needs beside the loss: the rate's schedule and the precision."""

from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from pix2pix.config import TrainConfig

TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class Precision:
    """Automatic mixed precision: convolutions in `name`, weights and losses in fp32.

    fp16's small gradients are scaled up (Micikevicius et al. 2018, arXiv 1710.03740); bf16 needs no scaling.
    """

    def __init__(self, name: str, device: str) -> None:
        self._kind = "cuda" if device.startswith("cuda") else "cpu"
        self._type = TYPES[name]
        self._scaler = torch.amp.GradScaler(self._kind, enabled=name == "fp16")

    def autocast(self) -> AbstractContextManager[Any]:
        """Return the context in which networks run."""
        return torch.autocast(self._kind, self._type, enabled=self._type != torch.float32)

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of `loss`."""
        self._scaler.scale(loss).backward()

    def step(self, *optimizers: Optimizer) -> None:
        """Step every optimiser; one whose scaled gradients overflowed is left out."""
        for optimizer in optimizers:
            self._scaler.step(optimizer)
        self._scaler.update()

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs."""
        return self._scaler.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take it back."""
        if state:
            self._scaler.load_state_dict(state)


def learning_rate_at(step: int, config: TrainConfig, rate: float) -> float:
    """Return the constant rate, then its linear fall to 0 (the published recipe's schedule)."""
    start = config.decay_from * config.steps
    if step < start:
        return rate
    return rate * (config.steps - step) / max(config.steps - start, 1)


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Set the learning rate of all parameters."""
    for group in optimizer.param_groups:
        group["lr"] = rate
