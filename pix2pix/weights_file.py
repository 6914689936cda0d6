"""Trained weights on disk: safetensors with a card in its metadata. Nothing is ever unpickled.

Format: https://github.com/huggingface/safetensors#format; the card is JSON under the metadata key "card".
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from pix2pix.errors import Pix2PixError

FORMAT = 1


class CheckpointError(Pix2PixError):
    """A file that is no checkpoint of ours."""


CardType = TypeVar("CardType", bound=BaseModel)
Network = TypeVar("Network", bound=nn.Module)


def write_weights(path: Path, network: nn.Module, card: BaseModel, *, half: bool = True) -> None:
    """Write the weights and the card; `half` stores the weights in 16 bits."""
    dtype = torch.float16 if half else torch.float32
    tensors = {
        key: value.detach().to("cpu", dtype if value.is_floating_point() else value.dtype).contiguous()
        for key, value in network.state_dict().items()
    }
    save_file(tensors, path, metadata={"card": card.model_dump_json()})


def read_weights(path: Path, card_type: type[CardType]) -> tuple[CardType, dict[str, Tensor]]:
    """Return the card and the tensors; a file of another kind is refused in one sentence."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError, RuntimeError) as error:
        raise CheckpointError(_why_unreadable(path, error)) from error
    return _parse_card(path, metadata, card_type), tensors


def build(path: Path, make: Callable[[], Network], tensors: dict[str, Tensor]) -> Network:
    """Return the network that the card describes with its weights, in eval mode, float32 on the CPU."""
    with torch.device("meta"):  # shapes only: a hostile card can't make us allocate
        expected = {key: value.shape for key, value in make().state_dict().items()}
    found = {key: value.shape for key, value in tensors.items()}
    if found != expected:
        odd = sorted(set(found.items()) ^ set(expected.items()))[0]
        raise CheckpointError(
            f"{path} does not hold the network that its card describes ({odd[0]}); get it anew"
        )
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise CheckpointError(f"{path} holds weights that are not finite; take an earlier checkpoint")
    network = make()
    network.load_state_dict(tensors)
    return network.eval()


def _parse_card(path: Path, metadata: dict[str, str], card_type: type[CardType]) -> CardType:
    if "card" not in metadata:
        raise CheckpointError(
            f"{path} has no card, so it is of another kind; give one that `pix2pix train` wrote"
        )
    try:
        values = json.loads(metadata["card"])
        card = card_type.model_validate(values)
    except (json.JSONDecodeError, ValidationError, RecursionError) as error:
        fault = str(error).splitlines()[0]
        raise CheckpointError(
            f"{path} has a card that can't be read ({fault}); update this toolkit"
        ) from error
    if values.get("format", FORMAT) != FORMAT:
        raise CheckpointError(
            f"{path} has card format {values['format']}, this version reads {FORMAT}; update this toolkit"
        )
    return card


def _why_unreadable(path: Path, error: Exception) -> str:
    try:
        with path.open("rb") as file:
            magic = file.read(2)
    except OSError as unreadable:
        return f"{path} can't be read ({unreadable.strerror}); check the path"
    if magic == b"PK" or magic[:1] == b"\x80":
        return (
            f"{path} is a pickled torch file, which can run code when it is opened, so it is refused; "
            "give a .safetensors checkpoint written by `pix2pix train`"
        )
    return f"{path} is truncated or no safetensors file ({error}); get it anew"
