"""PatchGAN (Isola et al. 2017, arXiv 1611.07004, section 6.1.2): judges overlapping patches, not the picture."""

import torch
from torch import Tensor, nn

from pix2pix.config import DiscriminatorConfig


class PatchGAN(nn.Module):
    """Label input and photo → the features of every layer; the last is one score per patch, N,1,h,w.

    Three layers see 70×70 pixels per score. The features serve the feature-matching loss.
    """

    def __init__(self, label_channels: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        width = config.width
        layers = [
            nn.Sequential(nn.Conv2d(label_channels + 3, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2))
        ]
        for layer in range(1, config.layers + 1):
            source, width = width, config.width * min(2**layer, 8)
            stride = 1 if layer == config.layers else 2
            convolution = nn.Conv2d(source, width, 4, stride=stride, padding=1)
            layers.append(
                nn.Sequential(convolution, nn.InstanceNorm2d(width, affine=True), nn.LeakyReLU(0.2))
            )
        layers.append(nn.Sequential(nn.Conv2d(width, 1, 4, stride=1, padding=1)))
        self.layers = nn.ModuleList(layers)

    def forward(self, labels: Tensor, photo: Tensor) -> list[Tensor]:
        """Return the features of every layer, the patches' scores last; a high score means real."""
        x = torch.cat([labels, photo], dim=1)
        features = []
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        return features
