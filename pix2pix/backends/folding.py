"""The same network with less to do: batch norm in the convolution before it, enlarging by ordinary convolutions."""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

NARROW = 8  # output channels below which a transposed convolution is slow (measured: 14 of 133 ms for 3)


def folded(network: nn.Module) -> nn.Module:
    """Return a copy that paints the same picture; the weights of merged layers are merged."""
    network = copy.deepcopy(network).eval()
    for parent in list(network.modules()):
        if isinstance(parent, nn.Sequential):
            _fold_norms(parent)
        for name, layer in list(parent.named_children()):
            if type(layer) is nn.ConvTranspose2d and layer.out_channels < NARROW:
                setattr(parent, name, SubPixel(layer))
    return network


def _fold_norms(layers: nn.Sequential) -> None:
    for index in range(len(layers) - 1):
        layer, norm = layers[index], layers[index + 1]
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and isinstance(norm, nn.BatchNorm2d):
            transposed = isinstance(layer, nn.ConvTranspose2d)
            layers[index] = fuse_conv_bn_eval(layer, norm, transpose=transposed)
            layers[index + 1] = nn.Identity()


class SubPixel(nn.Module):
    """A 4×4 stride-2 transposed convolution as a 3×3 convolution and a pixel shuffle (Shi et al. 2016).

    Output row 2y + p sees the input rows y + d: of p = 0 those are d = -1, 0 through the kernel's rows 3, 1, of
    p = 1 they are d = 0, 1 through its rows 2, 0; columns likewise.
    """

    def __init__(self, layer: nn.ConvTranspose2d) -> None:
        super().__init__()
        source, target = layer.in_channels, layer.out_channels
        weight = torch.zeros(target, 2, 2, source, 3, 3)
        rows = {0: {0: 3, 1: 1}, 1: {1: 2, 2: 0}}
        for p, down in rows.items():
            for q, across in rows.items():
                for i, kernel_row in down.items():
                    for j, kernel_column in across.items():
                        weight[:, p, q, :, i, j] = layer.weight.detach()[:, :, kernel_row, kernel_column].T
        self.phases = nn.Conv2d(source, target * 4, 3, padding=1)
        self.phases.weight = nn.Parameter(weight.reshape(target * 4, source, 3, 3))
        assert layer.bias is not None
        self.phases.bias = nn.Parameter(layer.bias.detach().repeat_interleave(4))

    def forward(self, x: Tensor) -> Tensor:
        """Return N,C,2H,2W."""
        return F.pixel_shuffle(self.phases(x), 2)
