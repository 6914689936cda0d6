"""PatchGAN (Isola et al. 2017, arXiv 1611.07004, section 6.1.2): judges overlapping patches, not the picture."""

import torch
from torch import Tensor, nn

from pix2pix.config import DiscriminatorConfig


class PatchGAN(nn.Module):
    """Label input and photo → one score per patch, N,1,h,w; three layers see 70×70 pixels each."""

    def __init__(self, label_channels: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        width = config.width
        layers: list[nn.Module] = [nn.Conv2d(label_channels + 3, width, 4, stride=2, padding=1)]
        for layer in range(1, config.layers + 1):
            source, width = width, config.width * min(2**layer, 8)
            stride = 1 if layer == config.layers else 2
            layers += [
                nn.LeakyReLU(0.2),
                nn.Conv2d(source, width, 4, stride=stride, padding=1),
                nn.InstanceNorm2d(width, affine=True),
            ]
        layers += [nn.LeakyReLU(0.2), nn.Conv2d(width, 1, 4, stride=1, padding=1)]
        self.judge = nn.Sequential(*layers)

    def forward(self, labels: Tensor, photo: Tensor) -> Tensor:
        """Return the score of every patch; high means real."""
        scores: Tensor = self.judge(torch.cat([labels, photo], dim=1))
        return scores
