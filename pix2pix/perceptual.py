"""Perceptual loss (Johnson et al. 2016, arXiv 1603.08155): photos are alike when a trained network sees them alike.

The network is a segmenter that was trained on the same kind of photos, so nothing has to be fetched, or VGG-19
with its published weights, as in pix2pixHD (arXiv 1711.11585, section 3.3).
"""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pix2pix.config import TrainConfig
from pix2pix.errors import Pix2PixError

VGG_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)  # pix2pixHD's


class Perceptual(nn.Module):
    """Fake and real photo, N,3,H,W in -1..1 → the weighted distance of their features.

    Without `weights` every layer's distance is taken relative to the size of its features, and all count alike.
    """

    def __init__(
        self, network: nn.Module, features: Callable[[Tensor], list[Tensor]], weights: tuple[float, ...] = ()
    ) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False)
        self._features = features
        self._weights = weights

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        """Return the distance; only `fake` gets a gradient."""
        with torch.no_grad():
            targets = self._features(real)
        seen = self._features(fake)
        distances = [F.l1_loss(f.float(), t.float()) for f, t in zip(seen, targets, strict=True)]
        if self._weights:
            return torch.stack([w * d for w, d in zip(self._weights, distances, strict=True)]).sum()
        sizes = [t.float().abs().mean().clamp(min=1e-6) for t in targets]
        return torch.stack([d / size for d, size in zip(distances, sizes, strict=True)]).mean()


def load_perceptual(kind: str, weights: str) -> Perceptual:
    """Return the loss of `kind` "segmenter" (a path or shipped name) or "vgg19" (a path)."""
    if kind == "vgg19":
        from pix2pix.vgg import load_vgg19

        vgg = load_vgg19(Path(weights))
        return Perceptual(vgg, vgg, VGG_WEIGHTS)
    from pix2pix.segmenter import load_segmenter

    segmenter = load_segmenter(weights)[0]
    return Perceptual(segmenter, segmenter.features)


def download_weights(config: TrainConfig) -> Path:
    """Fetch VGG-19's published weights to where `config` says they are, unless they are, and return the file."""
    from pix2pix.vgg import download_vgg

    if config.perceptual != "vgg19" or not config.perceptual_weights:
        raise Pix2PixError(
            "--download-vgg needs a config with perceptual: vgg19 and perceptual_weights: the file to fetch to"
        )
    return download_vgg(Path(config.perceptual_weights))
