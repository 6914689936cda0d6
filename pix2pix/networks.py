"""All that learns in a training run, under names: networks, their average and their optimisers."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pix2pix import checkpoint
from pix2pix.config import TrainConfig
from pix2pix.discriminators import make_discriminators
from pix2pix.errors import Pix2PixError
from pix2pix.generators import Generator, initialize
from pix2pix.optimisation import Precision


class Networks(NamedTuple):
    """What a resumed run needs to have again; each part has a state dict."""

    generator: Generator
    discriminators: nn.ModuleList
    average: AveragedModel  # of the generator, in eval mode: what is kept
    generator_adam: Adam
    discriminator_adam: Adam
    precision: Precision

    def compile(self) -> None:
        """Compile the networks that learn, in place: the names of the weights stay."""
        for network in (self.generator, *self.discriminators):
            network.compile()

    def gradients(self) -> list[Tensor]:
        """Return the gradients of generator and discriminators, in an order that is the same in every process."""
        weights = [*self.generator.parameters(), *self.discriminators.parameters()]
        return [weight.grad for weight in weights if weight.grad is not None]

    def statistics(self) -> list[Tensor]:
        """Return the running means and variances of batch norms, which follow from the photos seen."""
        layers = [*self.generator.modules(), *self.discriminators.modules()]
        norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
        return [buffer for norm in norms for buffer in norm.buffers() if buffer.is_floating_point()]


def make_networks(config: TrainConfig, device: str, *, init: Path | None = None) -> Networks:
    """Return networks drawn from the config's seed, on the device; `init` is a checkpoint to start from."""
    torch.manual_seed(config.seed)
    on_gpu = device.startswith("cuda")
    channels_last = on_gpu if config.channels_last is None else config.channels_last
    layout = torch.channels_last if channels_last else torch.contiguous_format
    generator = Generator(config.generator, config.classes)
    judges = make_discriminators(config.discriminators, generator.label_input.channels, len(config.classes))
    initialize(generator)
    initialize(judges)
    if init is not None:
        start_from(init, generator, config)
    generator.to(device, memory_format=layout)  # type: ignore[call-overload]
    judges.to(device, memory_format=layout)  # type: ignore[call-overload]
    average: AveragedModel = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(config.ema))
    adam: dict[str, Any] = {"betas": config.betas, "fused": on_gpu}
    judges_rate = config.discriminator_learning_rate or config.learning_rate
    return Networks(
        generator,
        judges,
        average.eval(),
        Adam(generator.parameters(), lr=config.learning_rate, **adam),
        Adam(judges.parameters(), lr=judges_rate, **adam),
        Precision(config.precision, device),
    )


def start_from(init: Path, generator: Generator, config: TrainConfig) -> None:
    """Put the weights of a checkpoint into the generator; one of another generator or classes is refused."""
    taught, card = checkpoint.load(init)
    given, wanted = card.generator.model_dump(), config.generator.model_dump()
    differing = {key: value for key, value in given.items() if value != wanted[key]}
    if differing:
        raise Pix2PixError(
            f"{init} holds another generator than the config's; set {_as_settings(differing)} or leave out --init"
        )
    if card.classes != config.classes:
        raise Pix2PixError(
            f"{init} was taught the classes {list(card.classes)}, the config names {list(config.classes)}; "
            "make them the same or leave out --init"
        )
    generator.load_state_dict(taught.state_dict())


def _as_settings(values: dict[str, Any]) -> str:
    return ", ".join(f"generator.{key}={value}" for key, value in values.items())
