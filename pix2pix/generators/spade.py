"""A generator for quality: a label encoder, then a decoder modulated by the label map at every size.

Spatially-adaptive normalisation is Park et al. 2019 (SPADE, arXiv 1903.07291, section 3.1); noise joined with the
label map is Sushko et al. 2021 (OASIS, arXiv 2012.04781, section 3.3). Unlike both, the decoder starts from
the encoded label map with skips as in a U-Net: what is far away then shapes what is near, which a few hundred
photos teach more easily than a latent code would. Modulation is made by 1×1 convolutions behind one 3×3: Tan et
al. 2021 (CLADE, arXiv 2012.04644) found that what SPADE needs of the label map is the class, hardly its
surroundings. And channels are narrowed before the picture is enlarged: full resolution is what costs.
"""

from itertools import pairwise

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
        encoded = [labels] + [max(width // 2, 16) for width in channels[1:]]
        self.encoder = nn.ModuleList(_encode(source, target) for source, target in pairwise(encoded))
        self.innermost = nn.Conv2d(encoded[-1], channels[-1], 3, padding=1)
        self.narrow = nn.ModuleList()
        self.decoder = nn.ModuleList()
        for level in range(config.levels, -1, -1):
            width, below = channels[level], channels[min(level + 1, config.levels)]
            self.narrow.append(nn.Conv2d(below, width, 1) if below != width else nn.Identity())
            skip = encoded[level] if 0 < level < config.levels else 0
            sources = [width + skip] + [width] * (config.depth - 1)
            self.decoder.append(nn.ModuleList(SpadeBlock(source, width, labels) for source in sources))
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
        for narrow, blocks in zip(self.narrow, self.decoder, strict=True):
            shown = labels.pop()
            y = narrow(y)
            if y.shape[2:] != shown.shape[2:]:
                y = F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
                if skips:
                    y = torch.cat([y, skips.pop()], dim=1)
            for block in blocks:  # type: ignore[attr-defined]
                y = block(y, shown)
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
        self.scale_and_shift = nn.Conv2d(hint_channels, 2 * channels, 1)

    def forward(self, x: Tensor, hints: Tensor) -> Tensor:
        """Return `x` normalised and modulated; the means and variances are taken in float32."""
        scale, shift = self.scale_and_shift(hints).chunk(2, dim=1)
        if x.shape[2] * x.shape[3] > 1:  # a single pixel has no variance
            x = F.instance_norm(x)
        return x * (1 + scale) + shift


def _encode(source: int, target: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(source, target, 4, stride=2, padding=1), nn.LeakyReLU(0.2))


def initialize_spade(network: Spade) -> None:
    """Draw the weights, in place: after He et al. 2015 (arXiv 1502.01852), residual and modulation near zero.

    What no activation follows keeps the variance as it is: nothing normalises the sum of the blocks, and one
    doubling per level would drive the tanh where it has no gradient.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, a=0.2)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    for part in network.modules():
        if isinstance(part, SpadeBlock):
            nn.init.normal_(part.conv_out.weight, 0.0, 0.02)
            _keep_variance(part.shortcut)
        elif isinstance(part, Modulation):
            nn.init.normal_(part.scale_and_shift.weight, 0.0, 0.02)
    for part in (network.innermost, *network.narrow):
        _keep_variance(part)
    nn.init.normal_(network.photo.weight, 0.0, 0.02)


def _keep_variance(part: nn.Module) -> None:
    if isinstance(part, nn.Conv2d):
        nn.init.kaiming_normal_(part.weight, nonlinearity="linear")
