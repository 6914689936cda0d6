"""A generator for speed: nothing is convolved at full resolution.

Each 4×4 block of the label map is looked up in one embedding per place in the block and summed, which equals a
4×4 stride-4 convolution of the one-hot map without ever building it. Residual blocks work at 1/4 … 1/2**levels,
and a pixel shuffle (Shi et al. 2016, arXiv 1609.05158) makes the photo from 1/4. There each pixel also gets its
class's learnt base colour, so that the edges of labels stay sharp to the pixel.

The blocks have no normalisation: a running average of a few crops is a poor one, and the norm of a picture costs
a pass over it. Their last convolution starts near zero instead, so that depth does not blow the signal up
(Zhang et al. 2019, Fixup, arXiv 1901.09321).
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pix2pix.config import GeneratorConfig
from pix2pix.generators.noise import noise

BLOCK = 4  # pixels: the stem's stride and the shuffle's factor


class Fast(nn.Module):
    """Channel of every pixel (N,H,W int64) and further planes (N,E,H,W) → photo in -1..1."""

    def __init__(self, depth: int, extra: int, config: GeneratorConfig) -> None:
        super().__init__()
        factors = (1, 2, 4, 6, 8, 8, 8, 8, 8)
        channels = [config.width * factor for factor in factors[: config.levels - 1]]
        self.depth = depth
        self.stem = _embedding(depth * BLOCK * BLOCK, channels[0])
        self.extra = nn.Conv2d(extra, channels[0], BLOCK, stride=BLOCK, bias=False) if extra else None
        self.down = nn.ModuleList()
        self.up = nn.ModuleList()
        for fine, coarse in pairwise(channels):
            self.down.append(_blocks(fine, config.depth).append(nn.Conv2d(fine, coarse, 3, 2, 1)))
            self.up.append(nn.Sequential(nn.Conv2d(coarse, fine, 1), *_blocks(fine, config.depth)))
        self.middle = _blocks(channels[-1], 2 * config.depth)
        self.noise_strength = nn.Parameter(torch.full((1, channels[0], 1, 1), 0.1)) if config.noise else None
        self.photo = nn.Conv2d(channels[0], 3 * BLOCK * BLOCK, 3, padding=1)
        self.base_color = _embedding(depth, 3)

    def forward(self, channel: Tensor, extra: Tensor | None = None) -> Tensor:
        """Return the photo, N,3,H,W in -1..1."""
        y = self.body(self._stem(channel, extra))
        base = self.base_color(channel).permute(0, 3, 1, 2)
        return torch.tanh(F.pixel_shuffle(y, BLOCK) + base)

    def body(self, x: Tensor) -> Tensor:
        """Return the 3·16 values of every block, N,48,H/4,W/4, for what the stem found, N,C,H/4,W/4."""
        skips = []
        for down in self.down:
            blocks, halve = down[:-1], down[-1]  # type: ignore[index]
            x = blocks(x)
            skips.append(x)
            x = halve(x)
        x = self.middle(x)
        for up in list(self.up)[::-1]:
            x = F.interpolate(up[0](x), scale_factor=2.0, mode="nearest")  # type: ignore[index]
            x = up[1:](x + skips.pop())  # type: ignore[index]
        if self.noise_strength is not None:
            x = x + self.noise_strength * noise(x, training=self.training)
        photo: Tensor = self.photo(F.relu(x))
        return photo

    def _stem(self, channel: Tensor, extra: Tensor | None) -> Tensor:
        count, height, width = channel.shape
        blocks = channel.view(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK).permute(0, 1, 3, 2, 4)
        taps = torch.arange(BLOCK * BLOCK, device=channel.device) * self.depth
        rows = blocks.reshape(-1, BLOCK * BLOCK) + taps
        summed = F.embedding_bag(rows, self.stem.weight, mode="sum")
        x = summed.view(count, height // BLOCK, width // BLOCK, -1).permute(0, 3, 1, 2)
        if self.extra is not None and extra is not None:
            x = x + self.extra(extra)
        return x


class Block(nn.Module):
    """x + two 3×3 convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.last = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return N,C,H,W."""
        residual: Tensor = self.last(F.relu(self.first(F.relu(x))))
        return x + residual


def _embedding(rows: int, columns: int) -> nn.Embedding:
    """Return one not yet drawn: torch imports its compiler, which takes a second and more, to draw one on no device."""
    return nn.Embedding.from_pretrained(torch.zeros(rows, columns), freeze=False)


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Block(channels) for _ in range(count)))


def initialize_fast(network: Fast) -> None:
    """Draw the weights, in place: with no norm behind them every layer must keep the variance itself.

    After He et al. 2015 (arXiv 1502.01852); the residual branches start near zero.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    for block in network.modules():
        if isinstance(block, Block):
            nn.init.normal_(block.last.weight, 0.0, 1e-3)
    nn.init.normal_(network.stem.weight, 0.0, 0.25)  # 16 of them are summed: unit variance
    nn.init.zeros_(network.base_color.weight)
    nn.init.normal_(network.photo.weight, 0.0, 0.02)
