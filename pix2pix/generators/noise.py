"""Noise as an input: drawn anew in training, a fixed function of the place afterwards.

A generator that is shown noise has something to make texture from; one whose noise is fixed afterwards stays a
pure function of its label map.
"""

from functools import lru_cache

import torch
from torch import Tensor

SHAPES = 64  # whose noise is kept: a U-Net asks for one per level, a recording has one or two sizes


def noise(x: Tensor, channels: int = 1, *, training: bool) -> Tensor:
    """Return uniform noise of unit variance, N,channels,H,W in the type of `x`, for its batch and size."""
    count, _, height, width = x.shape
    if training:
        uniform = torch.rand(count, channels, height, width, device=x.device)
        return ((uniform - 0.5) * 12**0.5).to(x.dtype)
    return fixed_noise(height, width, channels, x.device).to(x.dtype).expand(count, -1, -1, -1)


@lru_cache(maxsize=SHAPES)
def fixed_noise(height: int, width: int, channels: int, device: torch.device) -> Tensor:
    """Return uniform noise of unit variance, 1,channels,H,W float32, made once per size and then kept."""
    with torch.inference_mode(False), torch.no_grad():  # an ordinary tensor, good for gradients as well
        places = [noise_of_place(height, width, device, seed=channel) for channel in range(channels)]
        return ((torch.stack(places) - 0.5) * 12**0.5)[None]


def noise_of_place(height: int, width: int, device: torch.device, *, seed: int = 0) -> Tensor:
    """Return 0..1 at every place, H,W float32: the same for the same row and column, whatever the size."""
    rows = torch.arange(height, device=device, dtype=torch.float64)[:, None]
    columns = torch.arange(width, device=device, dtype=torch.float64)[None, :]
    return (torch.sin(rows * 12.9898 + columns * 78.233 + seed * 37.719) * 43758.5453).frac().abs().float()
