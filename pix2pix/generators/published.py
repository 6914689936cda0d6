"""Weights of the published pix2pix U-Net, under the names of ours.

The structure and its names are those of `UnetGenerator` in https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix
(models/networks.py): blocks nested in blocks, each `model` a sequence of down layers, the inner block, up layers.
"""

import re

import torch
from torch import Tensor

from pix2pix.config import GeneratorConfig
from pix2pix.errors import Pix2PixError

DOWN = re.compile(r"model\.model\.(?:0|1\.model\.(?:3\.model\.)*1)\.weight")


def from_published(
    state: dict[str, Tensor], *, running: bool = False
) -> tuple[GeneratorConfig, dict[str, Tensor]]:
    """Return the config and the state dict of our `UNet` for a published one; raises `Pix2PixError`.

    The published test script normalises each picture by its own statistics, batch norm included, for it never
    calls `eval()`; so batch norm becomes instance norm with the same scale and shift. `running` keeps batch norm
    and its running averages instead. Convolutions without a bias get one of zeros.
    """
    levels = sum(1 for key in state if DOWN.fullmatch(key))
    if levels < 3 or "model.model.0.weight" not in state:
        raise Pix2PixError(
            "these are not the weights of a published pix2pix U-Net (model.model.0.weight …); give its *_net_G.pth"
        )
    batch_norm = any(key.endswith("running_mean") for key in state)
    config = GeneratorConfig(
        width=state["model.model.0.weight"].shape[0],
        levels=levels,
        norm="batch" if batch_norm and running else "instance",
        dropout=0.5,
        input="palette",
    )
    if state["model.model.0.weight"].shape[1] != 3:
        raise Pix2PixError(
            f"this generator takes {state['model.model.0.weight'].shape[1]} channels, ours takes the palette's 3"
        )
    ours: dict[str, Tensor] = {}
    innermost = levels - 1
    for level in range(levels):
        prefix = "model.model." if level == 0 else "model.model.1.model." + "3.model." * (level - 1)
        down, up, down_norm, up_norm = _places(level, innermost)
        _convolution(
            ours, f"down.{level}.{0 if level == 0 else 1}", state, f"{prefix}{down}", transposed=False
        )
        _convolution(ours, f"up.{level}.1", state, f"{prefix}{up}", transposed=True)
        if level < innermost:  # they join skip and inner block in this order, we the other way round
            ours[f"up.{level}.1.weight"] = torch.cat(ours[f"up.{level}.1.weight"].chunk(2)[::-1])
        if down_norm is not None:
            channels = ours[f"down.{level}.1.weight"].shape[0]
            _norm(ours, f"down.{level}.2", state, f"{prefix}{down_norm}", channels, config.norm)
        if up_norm is not None:
            channels = ours[f"up.{level}.1.weight"].shape[1]
            _norm(ours, f"up.{level}.2", state, f"{prefix}{up_norm}", channels, config.norm)
    return config, ours


def _places(level: int, innermost: int) -> tuple[int, int, int | None, int | None]:
    """Return where the sequence has its down and up convolution and their norms."""
    if level == 0:
        return 0, 3, None, None
    if level == innermost:
        return 1, 3, None, 4
    return 1, 5, 2, 6


def _convolution(
    ours: dict[str, Tensor], name: str, state: dict[str, Tensor], theirs: str, *, transposed: bool
) -> None:
    try:
        weight = state[f"{theirs}.weight"]
    except KeyError as error:
        raise Pix2PixError(
            f"the published weights lack {theirs}.weight; the file is of another network"
        ) from error
    ours[f"{name}.weight"] = weight
    ours[f"{name}.bias"] = state.get(f"{theirs}.bias", torch.zeros(weight.shape[1 if transposed else 0]))


def _norm(
    ours: dict[str, Tensor], name: str, state: dict[str, Tensor], theirs: str, channels: int, norm: str
) -> None:
    ours[f"{name}.weight"] = state.get(f"{theirs}.weight", torch.ones(channels))
    ours[f"{name}.bias"] = state.get(f"{theirs}.bias", torch.zeros(channels))
    if norm == "batch":
        for part in ("running_mean", "running_var", "num_batches_tracked"):
            ours[f"{name}.{part}"] = state[f"{theirs}.{part}"]
