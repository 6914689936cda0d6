"""A segmentation network: it judges generated photos, and its features tell how alike two photos are.

Residual encoder, pyramid pooling (Zhao et al. 2017, PSPNet, arXiv 1612.01105), U-Net decoder; small enough to be
trained from scratch on a few hundred photos and to be shipped.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from pix2pix.config import Settings
from pix2pix.weights_file import FORMAT, CheckpointError, build, read_weights, write_weights

SHIPPED = Path(__file__).parent / "weights" / "segmenters"
WIDEN = (1, 2, 3, 5, 6)  # channels of the levels 1/2 … 1/32 in widths


class SegmenterCard(Settings):
    """What a segmenter's file says of itself."""

    format: int = FORMAT
    kind: str = "segmenter"
    name: str
    classes: tuple[int, ...]  # Cityscapes label ids, in the order of the logits
    width: int = Field(ge=1, le=256)
    data: str = ""
    data_licence: str = ""
    licence: str = ""
    steps: int
    images: int
    machine: str
    versions: dict[str, str]
    metrics: dict[str, float] = Field(default_factory=dict)  # on real photos that it never saw


class Segmenter(nn.Module):
    """Photo N,3,H,W in -1..1 → logits N,K,H,W, one per class; any H and W."""

    def __init__(self, classes: Sequence[int], width: int = 32) -> None:
        super().__init__()
        channels = [width * factor for factor in WIDEN]
        self.stem = _convolve(3, channels[0], stride=2)
        self.down = nn.ModuleList()
        for fine, coarse in pairwise(channels):
            self.down.append(
                nn.Sequential(_convolve(fine, coarse, stride=2), Residual(coarse), Residual(coarse))
            )
        self.context = Context(channels[-1])
        self.up = nn.ModuleList(
            _convolve(coarse + fine, fine) for coarse, fine in pairwise(reversed(channels))
        )
        self.dropout = nn.Dropout2d(0.1)
        self.logits = nn.Conv2d(channels[0], len(classes), 1)

    def forward(self, photo: Tensor) -> Tensor:
        """Return the logits."""
        height, width = photo.shape[2:]
        skips = self._encode(photo)
        x = self.context(skips.pop())
        for up in self.up:
            skip = skips.pop()
            x = F.interpolate(x, size=skip.shape[2:], mode="bilinear", align_corners=False)
            x = up(torch.cat([x, skip], dim=1))
        logits = self.logits(self.dropout(x))
        return F.interpolate(logits, size=(height, width), mode="bilinear", align_corners=False)

    def features(self, photo: Tensor) -> list[Tensor]:
        """Return the activations of the five levels, fine (1/2) to coarse (1/32)."""
        return self._encode(photo)

    def embedding(self, photo: Tensor) -> Tensor:
        """Return one vector per photo, N,D: the coarsest two levels, averaged over the picture."""
        *_, fine, coarse = self._encode(photo)
        return torch.cat([fine.mean((2, 3)), coarse.mean((2, 3))], dim=1)

    def _encode(self, photo: Tensor) -> list[Tensor]:
        levels = [self.stem(photo)]
        for down in self.down:
            levels.append(down(levels[-1]))
        return levels


class Residual(nn.Module):
    """x + two 3×3 convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.one = _convolve(channels, channels)
        self.two = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return N,C,H,W."""
        return F.relu(x + self.two(self.one(x)))


class Context(nn.Module):
    """What the whole picture and its quarters show, told to every place."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(nn.Conv2d(channels, channels // 4, 1) for _ in range(2))
        self.join = _convolve(channels + 2 * (channels // 4), channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return N,C,H,W."""
        size = x.shape[2:]
        views = [x]
        for grid, reduce in zip((1, 3), self.reduce, strict=True):
            view = F.relu(reduce(F.adaptive_avg_pool2d(x, grid)))
            views.append(F.interpolate(view, size=size, mode="bilinear", align_corners=False))
        joined: Tensor = self.join(torch.cat(views, dim=1))
        return joined


def save_segmenter(path: Path, segmenter: nn.Module, card: SegmenterCard) -> None:
    """Write the weights in 16 bits and the card."""
    write_weights(path, segmenter, card)


def load_segmenter(name_or_path: str | Path) -> tuple[Segmenter, SegmenterCard]:
    """Return the segmenter in eval mode on the CPU and its card; a shipped name or a path."""
    path = find_segmenter(name_or_path)
    card, tensors = read_weights(path, SegmenterCard)
    return build(path, lambda: Segmenter(card.classes, card.width), tensors), card


def find_segmenter(name_or_path: str | Path) -> Path:
    """Return the file of a shipped name or of a path."""
    path = Path(name_or_path)
    if not path.is_file() and str(name_or_path) in shipped_segmenters():
        path = SHIPPED / f"{name_or_path}.safetensors"
    if not path.is_file():
        raise CheckpointError(
            f"no segmenter {name_or_path}: neither a file nor a shipped name ({', '.join(shipped_segmenters())}); "
            "train one by `pix2pix train-segmenter`"
        )
    return path


def shipped_segmenters() -> list[str]:
    """Return the names of the segmenters that come with the package."""
    return sorted(path.stem for path in SHIPPED.glob("*.safetensors"))


def _convolve(source: int, target: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(source, target, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(target),
        nn.ReLU(inplace=True),
    )
