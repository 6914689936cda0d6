"""PatchGAN (Isola et al. 2017, arXiv 1611.07004, section 6.1.2): judges overlapping patches, not the picture.

On several scales as in pix2pixHD (Wang et al. 2018, arXiv 1711.11585, section 3.2).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pix2pix.config import DiscriminatorConfig
from pix2pix.discriminators.layers import convolution, feature_norm
from pix2pix.discriminators.verdict import Verdict


class MultiScalePatchGAN(nn.Module):
    """One PatchGAN on the picture, one on the halved picture, and so on for `scales`."""

    def __init__(self, label_channels: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchGAN(label_channels + 3, config) for _ in range(config.scales))

    def forward(self, labels: Tensor, photo: Tensor) -> list[Verdict]:
        """Return one verdict per scale, the finest first."""
        x = torch.cat([labels, photo], dim=1)
        verdicts = []
        for scale, judge in enumerate(self.scales):
            if scale:
                x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            verdicts.append(judge(x))
        return verdicts


class PatchGAN(nn.Module):
    """Labels and photo, N,C,H,W → one score per patch, N,1,h,w. Three layers see 70×70 pixels per score."""

    def __init__(self, in_channels: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        spectral = config.spectral_norm
        width = config.width
        first = convolution(in_channels, width, 4, stride=2, padding=1, spectral=spectral)
        self.layers = nn.ModuleList([nn.Sequential(first, nn.LeakyReLU(0.2))])
        for layer in range(1, config.layers + 1):
            source, width = width, config.width * min(2**layer, 8)
            stride = 1 if layer == config.layers else 2
            block = nn.Sequential(
                convolution(source, width, 4, stride=stride, padding=1, spectral=spectral),
                feature_norm(width, spectral=spectral),
                nn.LeakyReLU(0.2),
            )
            self.layers.append(block)
        self.score = convolution(width, 1, 4, padding=1, spectral=spectral)

    def forward(self, x: Tensor) -> Verdict:
        """Return the scores of the patches and the features of every layer."""
        features = []
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        return Verdict(self.score(x), features)
