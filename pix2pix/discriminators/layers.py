"""Convolutions as discriminators want them."""

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm


def convolution(
    source: int, target: int, size: int, *, stride: int = 1, padding: int = 0, spectral: bool
) -> nn.Module:
    """Return a convolution, under spectral norm (Miyato et al. 2018, arXiv 1802.05957) where asked for."""
    layer = nn.Conv2d(source, target, size, stride=stride, padding=padding)
    return spectral_norm(layer) if spectral else layer
