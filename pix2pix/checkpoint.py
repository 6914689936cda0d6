"""A generator on disk: safetensors with a card in its metadata. Nothing is ever unpickled.

Format: https://github.com/huggingface/safetensors#format; the card is JSON under the metadata key "card".
"""

import json
from pathlib import Path

import torch
from pydantic import Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from pix2pix.config import GeneratorConfig, Settings
from pix2pix.errors import Pix2PixError
from pix2pix.generators import Generator

FORMAT = 1
SHIPPED = Path(__file__).parent / "weights"


class CheckpointError(Pix2PixError):
    """A file that is no checkpoint of ours."""


class Card(Settings):
    """What a checkpoint says of itself."""

    format: int = FORMAT
    name: str
    generator: GeneratorConfig
    classes: tuple[int, ...]  # Cityscapes label ids it was taught; others are painted as their nearest kin
    crop_px: int
    data: str
    data_licence: str
    licence: str
    steps: int
    images: int
    hours: float
    machine: str
    versions: dict[str, str]
    notes: str = ""  # whatever else one must know to repeat it
    metrics: dict[str, float] = Field(default_factory=dict)


def resolve(name_or_path: str | Path) -> Path:
    """Return the file of a shipped name ("camvid-unet") or of a path."""
    path = Path(name_or_path)
    if str(name_or_path) in shipped_names() and not path.is_file():
        return SHIPPED / f"{name_or_path}.safetensors"
    try:
        found = path.is_file()
    except OSError:  # a name that no file can have
        found = False
    if not found:
        raise CheckpointError(
            f"no checkpoint {name_or_path}: neither a file nor a shipped name ({', '.join(shipped_names())})"
        )
    return path


def shipped_names() -> list[str]:
    """Return the names of the checkpoints that come with the package."""
    return sorted(path.stem for path in SHIPPED.glob("*.safetensors"))


def save(path: Path, generator: nn.Module, card: Card, *, half: bool = True) -> None:
    """Write the weights and the card; `half` stores the weights in 16 bits."""
    dtype = torch.float16 if half else torch.float32
    tensors = {
        key: value.detach().to("cpu", dtype if value.is_floating_point() else value.dtype).contiguous()
        for key, value in generator.state_dict().items()
    }
    save_file(tensors, path, metadata={"card": card.model_dump_json()})


def load(path: Path) -> tuple[Generator, Card]:
    """Return the generator in eval mode, float32 on the CPU, and its card; refuse whatever is not ours."""
    card, tensors = _read(path)
    with torch.device("meta"):  # shapes only: a hostile card can't make us allocate
        expected = {
            key: value.shape for key, value in Generator(card.generator, card.classes).state_dict().items()
        }
    found = {key: value.shape for key, value in tensors.items()}
    if found != expected:
        odd = sorted(set(found.items()) ^ set(expected.items()))[0]
        raise CheckpointError(
            f"{path} does not hold the generator its card describes ({odd[0]}); get it anew"
        )
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise CheckpointError(f"{path} holds weights that are not finite; take an earlier checkpoint")
    generator = Generator(card.generator, card.classes)
    generator.load_state_dict(tensors)
    return generator.eval(), card


def _read(path: Path) -> tuple[Card, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError, RuntimeError) as error:
        raise CheckpointError(_why_unreadable(path, error)) from error
    return _parse_card(path, metadata), tensors


def _parse_card(path: Path, metadata: dict[str, str]) -> Card:
    if "card" not in metadata:
        raise CheckpointError(
            f"{path} has no card, so it is of another kind; give one that `pix2pix train` wrote"
        )
    try:
        card = Card.model_validate(json.loads(metadata["card"]))
    except (json.JSONDecodeError, ValidationError, RecursionError) as error:
        fault = str(error).splitlines()[0]
        raise CheckpointError(
            f"{path} has a card that can't be read ({fault}); update this toolkit"
        ) from error
    if card.format != FORMAT:
        raise CheckpointError(
            f"{path} has card format {card.format}, this version reads {FORMAT}; update this toolkit"
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
