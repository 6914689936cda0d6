"""Noise as an input: drawn anew in training, a fixed function of the place afterwards.

A generator that is shown noise has something to make texture from; one whose noise is fixed afterwards stays a
pure function of its label map.
"""

import torch
from torch import Tensor


def noise(x: Tensor, channels: int = 1, *, training: bool) -> Tensor:
    """Return uniform noise of unit variance, N,channels,H,W in the type of `x`, for its batch and size."""
    count, _, height, width = x.shape
    if training:
        uniform = torch.rand(count, channels, height, width, device=x.device)
    else:
        places = [noise_of_place(height, width, x.device, seed=channel) for channel in range(channels)]
        uniform = torch.stack(places).expand(count, -1, -1, -1)
    return ((uniform - 0.5) * 12**0.5).to(x.dtype)


def noise_of_place(height: int, width: int, device: torch.device, *, seed: int = 0) -> Tensor:
    """Return 0..1 at every place, H,W float32: the same for the same row and column, whatever the size."""
    rows = torch.arange(height, device=device, dtype=torch.float64)[:, None]
    columns = torch.arange(width, device=device, dtype=torch.float64)[None, :]
    return (torch.sin(rows * 12.9898 + columns * 78.233 + seed * 37.719) * 43758.5453).frac().abs().float()
