"""The seed's PatchGAN: overlapping patches are cut out and each is judged on its own, as a little picture.

A convolutional PatchGAN lets neighbouring patches share what they compute, and instance norm lets every patch
know the whole picture. Cut out, a patch knows itself alone, so the judge must find its faults there.
"""

import torch
from torch import Tensor, nn

from pix2pix.config import DiscriminatorConfig
from pix2pix.discriminators.layers import convolution
from pix2pix.discriminators.verdict import Verdict


class ExtractedPatches(nn.Module):
    """Label input and photo → one score per patch, N,1,rows,columns."""

    def __init__(self, label_channels: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.patch_px = config.patch_px
        self.stride = max(1, round(config.patch_px * (1 - config.overlap)))
        spectral = config.spectral_norm
        source, width = label_channels + 3, config.width
        layers = []
        for layer in range(config.layers):
            step = [convolution(source, width, 4, stride=2, padding=1, spectral=spectral)]
            if layer and not spectral:
                step.append(nn.InstanceNorm2d(width, affine=True))  # of one patch: its norm alone
            layers.append(nn.Sequential(*step, nn.LeakyReLU(0.2)))
            source, width = width, config.width * min(2 ** (layer + 1), 8)
        self.layers = nn.ModuleList(layers)
        self.score = convolution(source, 1, 1, spectral=spectral)

    def forward(self, labels: Tensor, photo: Tensor) -> list[Verdict]:
        """Return one verdict; the features are those of all patches, N·rows·columns,C,h,w."""
        patches, rows, columns = extract(torch.cat([labels, photo], dim=1), self.patch_px, self.stride)
        features = []
        x = patches
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        scores = self.score(x).mean((2, 3)).view(len(photo), rows, columns)[:, None]
        return [Verdict(scores=scores, features=features)]


def extract(picture: Tensor, patch_px: int, stride: int) -> tuple[Tensor, int, int]:
    """Cut N,C,H,W into N·rows·columns,C,patch,patch, and return how many rows and columns there are.

    The last row and column of patches end at the edge of the picture, so every pixel is judged.
    """
    height, width = picture.shape[2:]
    tops = _starts(height, patch_px, stride)
    lefts = _starts(width, patch_px, stride)
    cut = [picture[:, :, t : t + patch_px, s : s + patch_px] for t in tops for s in lefts]
    return torch.stack(cut, dim=1).flatten(0, 1), len(tops), len(lefts)


def _starts(length: int, patch_px: int, stride: int) -> list[int]:
    last = length - patch_px
    return [*range(0, last, stride), last]
