"""Published pix2pix weights → a checkpoint of ours."""

import pickle
from pathlib import Path

import torch
from torch import Tensor

from pix2pix import checkpoint
from pix2pix.checkpoint import Card
from pix2pix.errors import Pix2PixError
from pix2pix.generators import Generator
from pix2pix.generators.published import from_published
from pix2pix.outputs import check_new, writing

ALL_CLASSES = tuple(range(4, 34))  # every Cityscapes label id that has a colour of its own, and static
CROP_PX = 256  # of the published recipe


def import_published(
    source: Path, out: Path, *, classes: tuple[int, ...] = ALL_CLASSES, running: bool, data: str, licence: str
) -> Card:
    """Write the checkpoint `out` for the state dict in `source` and return its card; raises `Pix2PixError`."""
    check_new(out)
    config, state = from_published(read_state(source), running=running)
    card = Card(
        name=out.stem,
        generator=config,
        classes=classes,
        crop_px=CROP_PX,
        data=data,
        data_licence="unknown",
        licence=licence,
        steps=0,
        images=0,
        hours=0.0,
        machine="unknown",
        versions={"torch": torch.__version__},
        notes=f"imported from published pix2pix weights, {source.name}; steps, images and hours are not known",
    )
    generator = Generator(config, classes)
    try:
        generator.network.load_state_dict(state)
    except RuntimeError as error:
        fault = str(error).splitlines()[-1].strip()
        raise Pix2PixError(
            f"{source} is not a published pix2pix U-Net ({fault}); give its *_net_G.pth"
        ) from error
    with writing(out) as partial:
        checkpoint.save(partial, generator, card, half=False)
    return card


def read_state(source: Path) -> dict[str, Tensor]:
    """Return the tensors of a pickled state dict; whatever is no tensor is refused, and nothing is run."""
    try:
        state = torch.load(source, map_location="cpu", weights_only=True)
    except OSError as error:
        raise Pix2PixError(f"{source} can't be read ({error.strerror}); check the path") from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise Pix2PixError(
            f"{source} is no file of tensors alone (torch.save of a state dict); give a published *_net_G.pth"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise Pix2PixError(f"{source} holds no state dict; give a published *_net_G.pth")
    return {str(key).removeprefix("module."): value for key, value in state.items()}


def parse_classes(text: str | None) -> tuple[int, ...]:
    """Return label ids from "7,8,11"; None is all of them."""
    if text is None:
        return ALL_CLASSES
    try:
        return tuple(int(word) for word in text.split(","))
    except ValueError as error:
        raise Pix2PixError(f"--classes {text} is no list of label ids; write it as 7,8,11") from error
