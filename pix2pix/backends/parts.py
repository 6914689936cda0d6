"""A generator taken apart for speed: a look-up in front, the convolutions, and the bytes behind.

    stem(ids) → x        what the first convolution needs, looked up by id: no one-hot map is ever made in full
    core(x) → y          every convolution; the only part that back ends run differently
    finish(y, ids)       the photo's bytes

The weights are the generator's own. Boundaries and domains are the defaults: none, and the first.
"""

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pix2pix.backends.folding import folded
from pix2pix.backends.quantising import paint_blocks
from pix2pix.generators import Generator, pad
from pix2pix.generators.fast import BLOCK, Fast
from pix2pix.tensors import LabelInput, to_photo


class Finish(Protocol):
    """The last part: what the core answered and the ids, padded, N,H,W uint8 → N,H,W,3 uint8."""

    def __call__(self, y: Tensor, label_ids: Tensor) -> Tensor:
        """Return the photo's bytes."""
        ...


class Parts(nn.Module):
    """The whole way from ids, N,H,W uint8 of any size, to bytes, N,H,W,3 uint8, in three parts."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.stride = generator.stride
        self.stem: nn.Module
        self.core: nn.Module
        self.finish: nn.Module
        if isinstance(generator.network, Fast):
            self.stem = BlockStem(generator.network, generator.label_input)
            self.core = Body(generator.network)
            self.finish = ColoredFinish(generator.network, generator.label_input)
        else:
            self.stem = PlaneStem(generator.label_input)
            self.core = folded(generator.network)
            self.finish = PlainFinish()
        self.requires_grad_(False)
        self.eval()

    def forward(self, label_ids: Tensor) -> Tensor:
        """Return the photos."""
        height, width = label_ids.shape[1:]
        padded = pad(label_ids, self.stride)
        photo: Tensor = self.finish(self.core(self.stem(padded)), padded)
        return photo[:, :height, :width]

    def plainly(self) -> "Parts":
        """Use nothing but what other formats and devices know as well, in place."""
        for part in (self.stem, self.finish):
            if isinstance(part, BlockStem | ColoredFinish):
                part.plain = True
        return self

    def cast(self, dtype: torch.dtype) -> "Parts":
        """Let stem and core work in `dtype`, in place; what makes the bytes stays float32."""
        self.stem.to(dtype)
        self.core.to(dtype).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return self


class PlaneStem(nn.Module):
    """Each pixel's input channels, looked up in one table: N,C,H,W in channels_last."""

    table: Tensor

    def __init__(self, label_input: LabelInput) -> None:
        super().__init__()
        every_id = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 256)
        self.register_buffer("table", label_input(every_id, None, None)[0, :, 0].T.contiguous())

    def forward(self, label_ids: Tensor) -> Tensor:
        """Return N,C,H,W."""
        return F.embedding(label_ids.int(), self.table).permute(0, 3, 1, 2)


class BlockStem(nn.Module):
    """The stem of `fast`, by id instead of by channel: 16 rows of one table are summed for each 4×4 block."""

    table: Tensor
    places: Tensor

    def __init__(self, network: Fast, label_input: LabelInput) -> None:
        super().__init__()
        taps = network.stem.weight.detach().view(BLOCK * BLOCK, network.depth, -1)
        table = taps[:, label_input.table].clone()  # 16,256,C
        every_id = torch.zeros(1, BLOCK, BLOCK, dtype=torch.uint8)
        extra = label_input.extra(every_id, None, None)
        if (
            network.extra is not None and extra is not None
        ):  # the same for every block: no boundary, one domain
            table[0] += network.extra(extra).detach().reshape(1, -1)
        self.register_buffer("table", table.reshape(BLOCK * BLOCK * 256, -1))
        self.register_buffer("places", torch.arange(BLOCK * BLOCK, dtype=torch.int32) * 256)
        self.plain = False  # True: by the commonest operations, which every format knows

    def forward(self, label_ids: Tensor) -> Tensor:
        """Return N,C,H/4,W/4 in channels_last."""
        count, height, width = label_ids.shape
        blocks = label_ids.view(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK).permute(0, 1, 3, 2, 4)
        rows = blocks.reshape(-1, BLOCK * BLOCK).int() + self.places
        summed = _plain_bag(rows, self.table) if self.plain else F.embedding_bag(rows, self.table, mode="sum")
        return summed.view(count, height // BLOCK, width // BLOCK, -1).permute(0, 3, 1, 2)


def _plain_bag(rows: Tensor, table: Tensor) -> Tensor:
    return F.embedding(rows, table).sum(1)


class Body(nn.Module):
    """The convolutions of `fast`, between its stem and its bytes."""

    def __init__(self, network: Fast) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Return N,48,H/4,W/4."""
        return self.network.body(x)


class PlainFinish(nn.Module):
    """-1..1 → bytes."""

    def forward(self, y: Tensor, label_ids: Tensor) -> Tensor:
        """Return N,H,W,3 uint8."""
        return to_photo(y)


class ColoredFinish(nn.Module):
    """The last steps of `fast`, in float32: shuffle the 48 channels of a block to its pixels, add base colours.

    On a CPU this is one pass over the picture, elsewhere and in an exported graph the same by torch's own parts.
    """

    base: Tensor

    def __init__(self, network: Fast, label_input: LabelInput) -> None:
        super().__init__()
        self.register_buffer("base", network.base_color.weight.detach()[label_input.table].float())
        self.plain = False  # True: by torch's own parts on a CPU as well

    def forward(self, y: Tensor, label_ids: Tensor) -> Tensor:
        """Return N,H,W,3 uint8."""
        if y.device.type == "cpu" and not self.plain:
            return paint_blocks(y.float(), self.base, label_ids)
        base = F.embedding(label_ids.int(), self.base)
        photo = F.pixel_shuffle(y.float(), BLOCK) + base.permute(0, 3, 1, 2)
        return to_photo(torch.tanh(photo))
