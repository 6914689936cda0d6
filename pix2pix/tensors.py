"""The one crossing between numpy pictures and torch tensors."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pix2pix.classes import PALETTE_RGB, channel_table


class LabelInput(nn.Module):
    """Label ids (N,H,W uint8) → the generator's input (N,C,H,W float), inside the graph.

    `channels` is C: one-hot classes with void first (or three of the palette), then a plane of instance
    boundaries and one plane per domain, where there are any. `depth` is the number of classes with void.
    """

    table: Tensor
    colors: Tensor

    def __init__(
        self, classes: Sequence[int], encoding: str = "one-hot", *, boundaries: bool = False, domains: int = 0
    ) -> None:
        super().__init__()
        self.encoding = encoding
        self.depth = len(classes) + 1
        self.boundaries = boundaries
        self.domains = domains
        self.extra_channels = int(boundaries) + domains
        self.channels = (3 if encoding == "palette" else self.depth) + self.extra_channels
        # not saved with the weights: both follow from the card
        self.register_buffer("table", torch.from_numpy(channel_table(classes)).long(), persistent=False)
        known_rgb = PALETTE_RGB[[0, *classes]].astype(np.float32) / 127.5 - 1
        self.register_buffer("colors", torch.from_numpy(known_rgb), persistent=False)

    def forward(
        self, label_ids: Tensor, boundary: Tensor | None = None, domain: Tensor | None = None
    ) -> Tensor:
        """Return N,C,H,W; `boundary` is N,H,W bool, `domain` N int64, neither said means none and the first."""
        channel = self.channel(label_ids)
        if self.encoding == "palette":
            planes = self.colors[channel].permute(0, 3, 1, 2)
        else:
            planes = F.one_hot(channel, self.depth).permute(0, 3, 1, 2).to(self.colors.dtype)
        extra = self.extra(label_ids, boundary, domain)
        return planes if extra is None else torch.cat([planes, extra], dim=1)

    def channel(self, label_ids: Tensor) -> Tensor:
        """Return the input channel of every pixel, N,H,W int64: 0 is void, i + 1 is `classes[i]`."""
        return self.table[label_ids.long()]

    def extra(self, label_ids: Tensor, boundary: Tensor | None, domain: Tensor | None) -> Tensor | None:
        """Return the planes beyond the classes, N,E,H,W float, or None where E is 0."""
        count, height, width = label_ids.shape
        planes = []
        if self.boundaries:
            edges = torch.zeros_like(label_ids, dtype=torch.bool) if boundary is None else boundary
            planes.append(edges[:, None].to(self.colors.dtype))
        if self.domains:
            chosen = label_ids.new_zeros(count, dtype=torch.long) if domain is None else domain
            codes = F.one_hot(chosen, self.domains).to(self.colors.dtype)
            planes.append(codes[:, :, None, None].expand(-1, -1, height, width))
        return torch.cat(planes, dim=1) if planes else None


def to_signed(photo_rgb: Tensor) -> Tensor:
    """N,H,W,3 uint8 → N,3,H,W float in -1..1."""
    return photo_rgb.permute(0, 3, 1, 2).float() / 127.5 - 1


def to_photo(signed: Tensor) -> Tensor:
    """N,3,H,W float in -1..1 → N,H,W,3 uint8."""
    return ((signed.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
