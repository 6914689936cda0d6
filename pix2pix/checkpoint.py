"""A generator on disk, and the ones that come with the package."""

import hashlib
from pathlib import Path

from pydantic import Field
from torch import nn

from pix2pix.config import GeneratorConfig, Settings
from pix2pix.generators import Generator
from pix2pix.weights_file import FORMAT, CheckpointError, build, read_weights, write_weights

__all__ = ["Card", "CheckpointError", "load", "resolve", "save", "shipped_names"]

SHIPPED = Path(__file__).parent / "weights"


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
    """Return the file of a shipped name ("fast") or of a path."""
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


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shipped_names() -> list[str]:
    """Return the names of the checkpoints that come with the package."""
    return sorted(path.stem for path in SHIPPED.glob("*.safetensors"))


def save(path: Path, generator: nn.Module, card: Card, *, half: bool = True) -> None:
    """Write the weights and the card; `half` stores the weights in 16 bits."""
    write_weights(path, generator, card, half=half)


def load(path: Path) -> tuple[Generator, Card]:
    """Return the generator in eval mode, float32 on the CPU, and its card; refuse whatever is not ours."""
    card, tensors = read_weights(path, Card)
    generator = build(path, lambda: Generator(card.generator, card.classes), tensors)
    return generator, card
