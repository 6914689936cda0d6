"""PatchGAN (Isola et al. 2017, arXiv 1611.07004, section 6.1.2): judges overlapping patches, not the picture.

On several scales it is pix2pixHD's discriminator (Wang et al. 2018, arXiv 1711.11585, section 3.2).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pix2pix.config import DiscriminatorConfig
from pix2pix.discriminators.layers import convolution
from pix2pix.discriminators.verdict import Verdict


class MultiScalePatchGAN(nn.Module):
    """The same architecture, with weights of its own, on the picture, its half, its quarter and so on."""

    def __init__(self, label_channels: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchGAN(label_channels + 3, config) for _ in range(config.scales))

    def forward(self, labels: Tensor, photo: Tensor) -> list[Verdict]:
        """Return one verdict per scale, full size first."""
        x = torch.cat([labels, photo], dim=1)
        verdicts = []
        for place, judge in enumerate(self.scales):
            x = x if place == 0 else F.avg_pool2d(x, 2)
            verdicts.append(judge(x))
        return verdicts


class PatchGAN(nn.Module):
    """Input channels → one score per patch, N,1,h,w. Three layers see 70×70 pixels per score."""

    def __init__(self, in_channels: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        spectral = config.spectral_norm
        width = config.width
        first = convolution(in_channels, width, 4, stride=2, padding=1, spectral=spectral)
        layers = [nn.Sequential(first, nn.LeakyReLU(0.2))]
        for layer in range(1, config.layers + 1):
            source, width = width, config.width * min(2**layer, 8)
            stride = 1 if layer == config.layers else 2
            step = [convolution(source, width, 4, stride=stride, padding=1, spectral=spectral)]
            if not spectral:  # one of the two keeps the judge in bounds
                step.append(nn.InstanceNorm2d(width, affine=True))
            layers.append(nn.Sequential(*step, nn.LeakyReLU(0.2)))
        layers.append(nn.Sequential(convolution(width, 1, 4, padding=1, spectral=spectral)))
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Verdict:
        """Return the scores and the features of every layer before them."""
        features = []
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        return Verdict(scores=features.pop(), features=features)
