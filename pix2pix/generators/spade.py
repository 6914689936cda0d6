"""A generator for quality: a label encoder, then a decoder modulated by the label map at every size.

Spatially-adaptive normalisation is Park et al. 2019 (SPADE, arXiv 1903.07291, section 3.1); noise joined with the
label map is Sushko et al. 2021 (OASIS, arXiv 2012.04781, section 3.3). Unlike both, the decoder starts from
the encoded label map with skips as in a U-Net: what is far away then shapes what is near, which a few hundred
photos teach more easily than a latent code would.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pix2pix.config import GeneratorConfig
from pix2pix.generators.noise import noise

NOISE_CHANNELS = 8
HIDDEN = 64  # channels between the label map and what it modulates


class Spade(nn.Module):
    """Input channels → photo in -1..1; H and W must be multiples of 2**levels."""

    def __init__(self, in_channels: int, config: GeneratorConfig) -> None:
        super().__init__()
        self.noise_channels = NOISE_CHANNELS if config.noise else 0
        labels = in_channels + self.noise_channels
        channels = [config.width * min(2**level, 8) for level in range(config.levels + 1)]
        self.encoder = nn.ModuleList()
        source = labels
        for width in channels[1:]:
            self.encoder.append(_encode(source, max(width // 2, 16)))
            source = max(width // 2, 16)
        self.innermost = nn.Conv2d(source, channels[-1], 3, padding=1)
        self.decoder = nn.ModuleList()
        for level in range(config.levels, -1, -1):
            below = channels[min(level + 1, config.levels)]
            skip = max(channels[level] // 2, 16) if 0 < level < config.levels else 0
            blocks = [SpadeBlock(below + skip, channels[level], labels)]
            blocks += [SpadeBlock(channels[level], channels[level], labels) for _ in range(config.depth - 1)]
            self.decoder.append(nn.ModuleList(blocks))
        self.photo = nn.Conv2d(channels[0], 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the photo, N,3,H,W in -1..1."""
        if self.noise_channels:
            x = torch.cat([x, noise(x, self.noise_channels, training=self.training)], dim=1)
        labels = [x]
        skips: list[Tensor] = []
        y = x
        for encode in self.encoder:
            y = encode(y)
            skips.append(y)
            labels.append(F.avg_pool2d(labels[-1], 2))
        y = self.innermost(skips.pop())
        for level, blocks in zip(range(len(labels) - 1, -1, -1), self.decoder, strict=True):
            if level < len(labels) - 1:
                y = F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
                if level > 0:
                    y = torch.cat([y, skips.pop()], dim=1)
            for block in blocks:  # type: ignore[attr-defined]
                y = block(y, labels[level])
        return torch.tanh(self.photo(F.leaky_relu(y, 0.2)))


class SpadeBlock(nn.Module):
    """A residual block whose normalisations are modulated by the label map."""

    def __init__(self, source: int, target: int, label_channels: int) -> None:
        super().__init__()
        between = min(source, target)
        self.shared = nn.Conv2d(label_channels, HIDDEN, 3, padding=1)
        self.modulate_in = Modulation(source, HIDDEN)
        self.conv_in = nn.Conv2d(source, between, 3, padding=1)
        self.modulate_out = Modulation(between, HIDDEN)
        self.conv_out = nn.Conv2d(between, target, 3, padding=1)
        self.shortcut = nn.Conv2d(source, target, 1, bias=False) if source != target else nn.Identity()

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return N,target,H,W for `labels` of the same size."""
        hints = F.relu(self.shared(labels))
        y = self.conv_in(F.leaky_relu(self.modulate_in(x, hints), 0.2))
        y = self.conv_out(F.leaky_relu(self.modulate_out(y, hints), 0.2))
        shortcut: Tensor = self.shortcut(x)
        return shortcut + y


class Modulation(nn.Module):
    """Instance normalisation, then scale and shift per pixel.

    The norm is of the picture alone, so a picture never depends on what else is in its batch.
    """

    def __init__(self, channels: int, hint_channels: int) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm2d(channels)
        self.scale_and_shift = nn.Conv2d(hint_channels, 2 * channels, 3, padding=1)

    def forward(self, x: Tensor, hints: Tensor) -> Tensor:
        """Return `x` normalised and modulated."""
        scale, shift = self.scale_and_shift(hints).chunk(2, dim=1)
        return self.norm(x) * (1 + scale) + shift


def _encode(source: int, target: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(source, target, 4, stride=2, padding=1), nn.LeakyReLU(0.2))
