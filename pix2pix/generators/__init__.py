"""The generators, under one signature: label ids N,H,W uint8 → photo N,3,H,W in -1..1."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from pix2pix.config import GeneratorConfig
from pix2pix.generators.unet import UNet
from pix2pix.tensors import LabelInput

NETWORKS: dict[str, Callable[[int, GeneratorConfig], nn.Module]] = {"unet": UNet}


class Generator(nn.Module):
    """A network with its label input in front."""

    def __init__(self, config: GeneratorConfig, classes: Sequence[int]) -> None:
        super().__init__()
        self.label_input = LabelInput(classes, config.input)
        self.network = NETWORKS[config.architecture](self.label_input.channels, config)

    def forward(self, label_ids: Tensor) -> Tensor:
        """Return the photo, N,3,H,W in -1..1."""
        photo: Tensor = self.network(self.label_input(label_ids))
        return photo


def initialize(module: nn.Module) -> None:
    """Draw convolution weights from N(0, 0.02), as the paper does (section 6.2)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d | nn.InstanceNorm2d) and module.affine:
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)
