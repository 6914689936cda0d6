"""Convolutions as discriminators want them: in bounds by instance norm or by spectral norm."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize


class SpectralNorm(nn.Module):
    """Divides a convolution's weight by its largest singular value (Miyato et al. 2018, arXiv 1802.05957).

    One power iteration per forward in training, in float32 even under autocast, where PyTorch's own would
    multiply in 16 bits. Its buffers have the names of PyTorch's.
    """

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        rows, columns = weight.flatten(1).shape
        self.register_buffer("_u", F.normalize(torch.randn(rows), dim=0))
        self.register_buffer("_v", F.normalize(torch.randn(columns), dim=0))

    def forward(self, weight: Tensor) -> Tensor:
        """Return the weight with a largest singular value of about 1."""
        with torch.autocast(weight.device.type, enabled=False):
            matrix = weight.flatten(1)
            if self.training:
                with torch.no_grad():
                    self._v.copy_(F.normalize(matrix.t() @ self._u, dim=0))
                    self._u.copy_(F.normalize(matrix @ self._v, dim=0))
            u, v = (
                self._u.clone(),
                self._v.clone(),
            )  # the next forward changes them before this one's backward
            return weight / (u @ (matrix @ v))


def convolution(
    source: int, target: int, size: int, *, stride: int = 1, padding: int = 0, spectral: bool
) -> nn.Conv2d:
    """Return a convolution, under spectral norm where asked for."""
    layer = nn.Conv2d(source, target, size, stride=stride, padding=padding)
    if spectral:
        parametrize.register_parametrization(layer, "weight", SpectralNorm(layer.weight.detach()))
    return layer


def feature_norm(channels: int, *, spectral: bool) -> nn.Module:
    """Return instance norm, or nothing where spectral norm does its work."""
    return nn.Identity() if spectral else nn.InstanceNorm2d(channels, affine=True)
