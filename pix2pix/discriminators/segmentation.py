"""A discriminator that segments (Sushko et al. 2021, OASIS, arXiv 2012.04781, section 3.1).

A U-Net says of every pixel which class it shows, or that it is fake. The label map is never shown to it: a
generator that ignores the map is found out pixel by pixel, which on little data teaches more than one score per
patch does.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pix2pix.config import DiscriminatorConfig
from pix2pix.discriminators.layers import convolution
from pix2pix.discriminators.verdict import Verdict


class SegmentationDiscriminator(nn.Module):
    """Photo → logits N,K+2,H,W: void, the K classes, fake. H and W must be multiples of 2**layers."""

    def __init__(self, classes_count: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        spectral = config.spectral_norm
        channels = [config.width * min(2**level, 8) for level in range(config.layers)]
        sources = [3, *channels[:-1]]
        self.down = nn.ModuleList(
            ResidualBlock(source, target, first=place == 0, spectral=spectral)
            for place, (source, target) in enumerate(zip(sources, channels, strict=True))
        )
        up = []
        below = channels[-1]
        for level in range(config.layers - 1, -1, -1):
            target = channels[max(level - 1, 0)]
            up.append(ResidualBlock(below, target, first=False, spectral=spectral))
            below = target + (sources[level] if level else 0)
        self.up = nn.ModuleList(up)
        self.logits = convolution(below, classes_count + 2, 1, spectral=False)

    def forward(self, labels: Tensor, photo: Tensor) -> list[Verdict]:
        """Return one verdict; `labels` is not looked at."""
        skips: list[Tensor] = []
        x = photo
        for block in self.down:
            x = F.avg_pool2d(block(x), 2)
            skips.append(x)
        features = list(skips)
        skips.pop()
        for block in self.up:
            x = F.interpolate(block(x), scale_factor=2.0, mode="nearest")
            if skips:
                x = torch.cat([x, skips.pop()], dim=1)
        return [Verdict(scores=self.logits(F.leaky_relu(x, 0.2)), features=features)]


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions around a shortcut."""

    def __init__(self, source: int, target: int, *, first: bool, spectral: bool) -> None:
        super().__init__()
        self.first = first
        self.one = convolution(source, target, 3, padding=1, spectral=spectral)
        self.two = convolution(target, target, 3, padding=1, spectral=spectral)
        self.shortcut = (
            convolution(source, target, 1, spectral=spectral) if source != target else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return N,target,H,W."""
        y = self.one(x if self.first else F.leaky_relu(x, 0.2))
        y = self.two(F.leaky_relu(y, 0.2))
        shortcut: Tensor = self.shortcut(x)
        return shortcut + y
