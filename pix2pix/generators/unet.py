"""The U-Net generator of pix2pix (Isola et al. 2017, arXiv 1611.07004, section 6.1.1).

Eight 4×4 stride-2 convolutions down to a bottleneck, eight up, a skip at every level; `width` is the
paper's ngf (64) and `levels` = 8 is its U-Net-256.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pix2pix.config import GeneratorConfig
from pix2pix.generators.noise import noise

BLUR = [[row * column / 16 for column in (1, 2, 1)] for row in (1, 2, 1)]  # 1-2-1 both ways


class UNet(nn.Module):
    """Input channels → photo in -1..1; H and W must be multiples of 2**levels."""

    def __init__(self, in_channels: int, config: GeneratorConfig) -> None:
        super().__init__()
        channels = [config.width * min(2**level, 8) for level in range(config.levels)]
        innermost = config.levels - 1
        norm = _norm(config.norm)
        self.down = nn.ModuleList()
        self.up = nn.ModuleList()
        for level, width in enumerate(channels):
            source = in_channels if level == 0 else channels[level - 1]
            self.down.append(_down(source, width, norm if 0 < level < innermost else None, first=level == 0))
            target = 3 if level == 0 else channels[level - 1]
            skip = 1 if level == innermost else 2  # every level but the innermost is fed its skip as well
            dropout = config.dropout if innermost - 3 <= level < innermost else 0.0
            self.up.append(_up(width * skip, target, norm if level else None, dropout, config))

    def forward(self, x: Tensor) -> Tensor:
        """Return the photo, N,3,H,W in -1..1."""
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
        x = self.up[-1](skips.pop())
        for up in list(self.up)[-2::-1]:
            x = up(torch.cat([x, skips.pop()], dim=1))
        return torch.tanh(x)


def _down(source: int, width: int, norm: Callable[[int], nn.Module] | None, *, first: bool) -> nn.Sequential:
    layers: list[nn.Module] = [] if first else [nn.LeakyReLU(0.2)]
    layers.append(nn.Conv2d(source, width, 4, stride=2, padding=1))
    if norm:
        layers.append(norm(width))
    return nn.Sequential(*layers)


def _up(
    source: int, target: int, norm: Callable[[int], nn.Module] | None, dropout: float, config: GeneratorConfig
) -> nn.Sequential:
    upsample = SmoothConvTranspose2d if config.smooth else nn.ConvTranspose2d
    layers: list[nn.Module] = [nn.ReLU(), upsample(source, target, 4, stride=2, padding=1)]
    if norm:
        layers.append(norm(target))
    if dropout:
        layers.append(nn.Dropout(dropout))
    if norm and config.noise:
        layers.append(Noise(target))
    return nn.Sequential(*layers)


class Noise(nn.Module):
    """Adds the same noise to every channel at a learnt strength (StyleGAN, Karras et al. 2019, arXiv 1812.04948).

    Without it a plain surface has nothing to make texture from.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.full((1, channels, 1, 1), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` with uniform noise of unit variance, scaled per channel."""
        return x + self.strength * noise(x, training=self.training)


class SmoothConvTranspose2d(nn.ConvTranspose2d):
    """A stride-2 transposed convolution that turns a plain surface into a plain surface.

    The four phases of a transposed convolution differ, so on an even input it paints a grid. A 1-2-1 blur
    weighs all phases alike and keeps the picture in place; after Sugawara et al. 2018 (arXiv 1806.02658), who
    use a two-tap hold, which shifts it by half a pixel.
    """

    blur: Tensor

    def __init__(self, source: int, target: int, size: int, *, stride: int, padding: int) -> None:
        super().__init__(source, target, size, stride=stride, padding=padding)
        self.register_buffer("blur", torch.tensor([[BLUR]] * target), persistent=False)

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Return the blurred upsampling, twice the input's size."""
        upsampled = F.pad(super().forward(input, output_size), (1, 1, 1, 1), mode="replicate")
        return F.conv2d(upsampled, self.blur, groups=self.out_channels)


def _norm(name: str) -> Callable[[int], nn.Module]:
    if name == "batch":
        return nn.BatchNorm2d
    return lambda width: nn.InstanceNorm2d(width, affine=True)
