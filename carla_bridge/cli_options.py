"""What several commands share: their options, the engine, a question. Only for the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pix2pix.inference import Engine

Command = Callable[..., Any]
SHIPPED = "camvid-unet"  # the checkpoint that comes with the package
BACKENDS = "auto, or one of eager (fp32), bf16 (CPU), half (CUDA)."


def options(*decorators: Command) -> Callable[[Command], Command]:
    """Return one decorator for several options, the same wherever they appear."""

    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


address_options = options(
    click.option("--host", default="127.0.0.1", show_default=True, help="Where the server runs."),
    click.option("--port", type=click.IntRange(1, 65535), default=2000, show_default=True, help="Its port."),
)

map_option = click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="An OpenDRIVE map, or a folder of them, for the stand-in; the first is loaded. May be repeated.",
)


def load_engine(
    checkpoint: str, device: str, backend: str, *, height: int, width: int, batch_size: int = 1
) -> "Engine":
    """Return the warmed-up generator, after a line on which it is and why."""
    import pix2pix

    engine: Engine = pix2pix.load(checkpoint, device=device, backend=backend)
    click.echo(f"engine: {engine.description}")
    engine.warm_up(height, width, batch_size=batch_size)
    return engine


def confirmed(question: str) -> bool:
    """Ask; Ctrl-C at the question is Ctrl-C."""
    try:
        return click.confirm(question)
    except click.Abort as error:
        raise KeyboardInterrupt from error


def listed(text: str) -> list[str]:
    """Return the names in a list such as "front, left"."""
    return [name.strip() for name in text.split(",") if name.strip()]
