"""The generators, under one signature: label ids N,H,W uint8 → photo N,3,H,W in -1..1."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pix2pix.config import GeneratorConfig
from pix2pix.generators.fast import Fast, initialize_fast
from pix2pix.generators.spade import Spade, initialize_spade
from pix2pix.generators.unet import UNet
from pix2pix.tensors import LabelInput


class Generator(nn.Module):
    """A network with its label input in front."""

    def __init__(self, config: GeneratorConfig, classes: Sequence[int]) -> None:
        super().__init__()
        self.stride = config.stride
        self.label_input = LabelInput(
            classes, config.input, boundaries=config.boundaries, domains=len(config.domains)
        )
        self.network: nn.Module
        if config.architecture == "fast":
            self.network = Fast(self.label_input.depth, self.label_input.extra_channels, config)
        elif config.architecture == "spade":
            self.network = Spade(self.label_input.channels, config)
        else:
            self.network = UNet(self.label_input.channels, config)

    def forward(
        self, label_ids: Tensor, *, boundary: Tensor | None = None, domain: Tensor | None = None
    ) -> Tensor:
        """Return the photo, N,3,H,W in -1..1, for N,H,W uint8 of any size.

        `boundary`, N,H,W bool, is where instances meet, if the generator was taught boundaries; `domain`, N
        int64, is the style, by place in the config's `domains`. The last row and column are repeated up to a
        multiple of the stride and cut off again.
        """
        height, width = label_ids.shape[1:]
        padded = pad(label_ids, self.stride)
        if boundary is not None:
            boundary = pad(boundary, self.stride)
        if isinstance(self.network, Fast):
            channel = self.label_input.channel(padded)
            extra = self.label_input.extra(padded, boundary, domain)
            photo: Tensor = self.network(channel, extra)
        else:
            photo = self.network(self.label_input(padded, boundary, domain))
        return photo[:, :, :height, :width]


def pad(plane: Tensor, stride: int) -> Tensor:
    """Repeat the last row and column of N,H,W up to a multiple of the stride."""
    height, width = plane.shape[1:]
    if height % stride == 0 and width % stride == 0:
        return plane
    rows = torch.arange(-(-height // stride) * stride, device=plane.device).clamp(max=height - 1)
    columns = torch.arange(-(-width // stride) * stride, device=plane.device).clamp(max=width - 1)
    return plane[:, rows][:, :, columns]


def initialize(module: nn.Module) -> None:
    """Draw the weights of a generator or of discriminators, in place, as the architecture wants them.

    N(0, 0.02) is the paper's (section 6.2); `spade` and `fast` have their own.
    """
    if isinstance(module, Generator) and isinstance(module.network, Fast):
        initialize_fast(module.network)
    elif isinstance(module, Generator) and isinstance(module.network, Spade):
        initialize_spade(module.network)
    else:
        _initialize_as_published(module)


def _initialize_as_published(module: nn.Module) -> None:
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d) and layer.affine:
            nn.init.normal_(layer.weight, 1.0, 0.02)
            nn.init.zeros_(layer.bias)
