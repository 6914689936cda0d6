"""The discriminators, under one signature: (labels N,C,H,W, photo N,3,H,W) → list[Verdict]."""

from collections.abc import Sequence

from torch import nn

from pix2pix.config import DiscriminatorConfig
from pix2pix.discriminators.extracted import ExtractedPatches
from pix2pix.discriminators.patch import MultiScalePatchGAN
from pix2pix.discriminators.segmentation import SegmentationDiscriminator
from pix2pix.discriminators.verdict import Verdict

__all__ = ["Verdict", "make_discriminators"]


def make_discriminators(
    configs: Sequence[DiscriminatorConfig], label_channels: int, classes_count: int
) -> nn.ModuleList:
    """Return one judge per config, in order; `classes_count` is K, the classes without void."""
    return nn.ModuleList(_make(config, label_channels, classes_count) for config in configs)


def _make(config: DiscriminatorConfig, label_channels: int, classes_count: int) -> nn.Module:
    if config.kind == "segmentation":
        return SegmentationDiscriminator(classes_count, config)
    if config.kind == "extracted":
        return ExtractedPatches(label_channels, config)
    return MultiScalePatchGAN(label_channels, config)
