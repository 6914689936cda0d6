"""A judge of patches that are really cut out: none is judged by what lies around it.

PatchGAN's scores come from one convolution over the whole picture, so its norms and paddings know the picture;
here every patch goes through the network on its own, as a picture of its own.
"""

import math

import torch
from torch import Tensor, nn

from pix2pix.config import DiscriminatorConfig
from pix2pix.discriminators.layers import convolution, feature_norm
from pix2pix.discriminators.verdict import Verdict
from pix2pix.errors import Pix2PixError

MOST_COVER = 16  # times that the patches may cover the picture, for memory's sake


class ExtractedPatches(nn.Module):
    """Cuts overlapping square patches out of labels and photo and gives each one score.

    The last patches of a row and a column end at the picture's edge, so that every pixel is judged.
    """

    def __init__(self, label_channels: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.patch_px = config.patch_px
        self.stride_px = max(1, round(config.patch_px * (1 - config.overlap)))
        spectral = config.spectral_norm
        source = label_channels + 3
        self.layers = nn.ModuleList()
        for layer in range(min(config.layers, int(math.log2(config.patch_px / 4)))):  # not below 4 px
            width = config.width * min(2**layer, 8)
            block = nn.Sequential(
                convolution(source, width, 4, stride=2, padding=1, spectral=spectral),
                feature_norm(width, spectral=spectral) if layer else nn.Identity(),
                nn.LeakyReLU(0.2),
            )
            self.layers.append(block)
            source = width
        self.score = convolution(source, 1, 1, spectral=spectral)

    def forward(self, labels: Tensor, photo: Tensor) -> list[Verdict]:
        """Return one verdict, its scores N,1,rows,columns: one per patch.

        Raises `Pix2PixError` where the patches overlap so much that they would fill the memory.
        """
        patches, rows, columns = cut(torch.cat([labels, photo], dim=1), self.patch_px, self.stride_px)
        features = []
        x = patches
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        scores = self.score(x.mean((2, 3), keepdim=True))
        return [Verdict(scores.view(len(photo), 1, rows, columns), features)]


def cut(x: Tensor, patch_px: int, stride_px: int) -> tuple[Tensor, int, int]:
    """Return the patches of N,C,H,W as N·rows·columns,C,patch_px,patch_px, and rows and columns."""
    height, width = x.shape[2:]
    tops, lefts = _starts(height, patch_px, stride_px), _starts(width, patch_px, stride_px)
    if len(tops) * len(lefts) * patch_px**2 > MOST_COVER * height * width:
        raise Pix2PixError(
            f"{len(tops) * len(lefts)} patches of {patch_px} px cover the {width}×{height} picture more than "
            f"{MOST_COVER} times; lower the discriminator's overlap"
        )
    patches = torch.stack(
        [x[:, :, top : top + patch_px, left : left + patch_px] for top in tops for left in lefts], dim=1
    )
    return patches.flatten(0, 1), len(tops), len(lefts)


def _starts(length: int, patch_px: int, stride_px: int) -> list[int]:
    if length < patch_px:
        raise Pix2PixError(
            f"no patch of {patch_px} px fits into {length} px; lower the discriminator's patch_px"
        )
    steps = -(-(length - patch_px) // stride_px)
    return [min(step * stride_px, length - patch_px) for step in range(steps + 1)]
