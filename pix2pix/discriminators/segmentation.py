"""A judge that names what it sees, pixel by pixel: a class, or "fake" (OASIS, Sushko et al. 2020, arXiv 2012.04781).

A generator that must have every pixel recognised as its class learns the label map without being shown it by
an extra loss. Skips are added, not appended: the same network costs a third less.
"""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from pix2pix.config import DiscriminatorConfig
from pix2pix.discriminators.layers import convolution, feature_norm
from pix2pix.discriminators.verdict import Verdict


class SegmentationDiscriminator(nn.Module):
    """A U-Net of residual blocks: photo → logits of void, the classes and "fake".

    H and W must be multiples of 2**layers.
    """

    def __init__(self, classes_count: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        spectral = config.spectral_norm
        channels = [config.width * min(2**level, 8) for level in range(config.layers + 1)]
        self.stem = convolution(3, channels[0], 3, padding=1, spectral=spectral)
        self.down = nn.ModuleList(Down(fine, coarse, spectral) for fine, coarse in pairwise(channels))
        self.up = nn.ModuleList(Up(coarse, fine, spectral) for fine, coarse in pairwise(channels))
        self.logits = nn.Conv2d(channels[0], classes_count + 2, 1)

    def forward(self, labels: Tensor, photo: Tensor) -> list[Verdict]:
        """Return one verdict, its scores N,K+2,H,W; `labels` isn't looked at: they are what the judge must say."""
        x = self.stem(photo)
        skips, features = [], []
        for down in self.down:
            skips.append(x)
            x = down(x)
            features.append(x)
        for up in list(self.up)[::-1]:
            x = up(x, skips.pop())
        return [Verdict(self.logits(F.leaky_relu(x, 0.2)), features)]


class Down(nn.Module):
    """A residual block that halves the size."""

    def __init__(self, source: int, target: int, spectral: bool) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            feature_norm(source, spectral=spectral),
            nn.LeakyReLU(0.2),
            convolution(source, source, 3, padding=1, spectral=spectral),
            feature_norm(source, spectral=spectral),
            nn.LeakyReLU(0.2),
            convolution(source, target, 4, stride=2, padding=1, spectral=spectral),
        )
        self.shortcut = convolution(source, target, 1, spectral=spectral)

    def forward(self, x: Tensor) -> Tensor:
        """Return N,target,H/2,W/2."""
        residual: Tensor = self.residual(x)
        return self.shortcut(F.avg_pool2d(x, 2)) + residual


class Up(nn.Module):
    """Doubles the size, adds the skip, and refines by a residual block."""

    def __init__(self, source: int, target: int, spectral: bool) -> None:
        super().__init__()
        self.narrow = convolution(source, target, 1, spectral=spectral)
        self.residual = nn.Sequential(
            feature_norm(target, spectral=spectral),
            nn.LeakyReLU(0.2),
            convolution(target, target, 3, padding=1, spectral=spectral),
            feature_norm(target, spectral=spectral),
            nn.LeakyReLU(0.2),
            convolution(target, target, 3, padding=1, spectral=spectral),
        )

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return N,target,2·H,2·W."""
        x = F.interpolate(self.narrow(x), scale_factor=2.0, mode="nearest") + skip
        residual: Tensor = self.residual(x)
        return x + residual
