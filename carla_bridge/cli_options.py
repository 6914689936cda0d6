"""What several commands share: their options, the engine, a question. Only for the command line."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carla_bridge.errors import BridgeError

if TYPE_CHECKING:
    import numpy as np

    from carla_bridge.batch import NamedEngine
    from pix2pix.inference import Engine

Command = Callable[..., Any]
SHIPPED = "fast"  # the checkpoint that comes with the package
BACKENDS = "auto, or one of eager, bf16, compile, openvino (CPU), half, graphs (CUDA)."


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


edit_option = click.option(
    "--edit",
    "edits",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Manipulate the scene by this recipe, see configs/edits/. May be repeated.",
)


def load_engine(
    checkpoint: str,
    device: str,
    backend: str,
    *,
    height: int,
    width: int,
    batch_size: int = 1,
    threads: int | None = None,
) -> "Engine":
    """Return the warmed-up generator, after a line on which it is and why."""
    import pix2pix

    engine: Engine = pix2pix.load(checkpoint, device=device, backend=backend, threads=threads)
    click.echo(f"engine: {engine.description}")
    engine.warm_up(height, width, batch_size=batch_size)
    return engine


def threads_beside(host: str, *, overlap: bool) -> int | None:
    """Return how many threads leave a core to the simulator, if it is on this machine and works meanwhile.

    Measured on two cores: with both of them a generator waits for the core that the simulator has. None: all.
    """
    if not overlap or not is_loopback(host) or "OMP_NUM_THREADS" in os.environ:
        return None
    return max(1, len(os.sched_getaffinity(0)) - 1)


def is_loopback(host: str) -> bool:
    """Say whether an address to listen on can be reached from this machine alone."""
    return host == "localhost" or host == "::1" or host.startswith("127.")


def load_named(
    checkpoint: str, device: str, backend: str = "auto", *, threads: int | None = None, say: bool = True
) -> "NamedEngine":
    """Return the engine with the hash of its checkpoint, after a line on which it is; its errors are ours."""
    import hashlib

    import pix2pix
    from carla_bridge.batch import NamedEngine
    from pix2pix.checkpoint import resolve

    with _one_kind_of_error():
        engine = pix2pix.load(checkpoint, device=device, backend=backend, threads=threads)
        sha256 = hashlib.sha256(resolve(checkpoint).read_bytes()).hexdigest()
    if say:
        click.echo(f"engine: {engine.description}")

    def paint(label_ids: "np.ndarray") -> "np.ndarray":
        with _one_kind_of_error():
            return engine(label_ids)

    card = engine.card
    return NamedEngine(paint, card.name, sha256, engine.kind, about=card.data, licence=card.licence)


@contextmanager
def _one_kind_of_error() -> "Iterator[None]":
    """Make the generator's failures ours, so that one item's does not end the others."""
    from pix2pix.errors import Pix2PixError

    try:
        yield
    except Pix2PixError as error:
        raise BridgeError(str(error)) from error


def confirmed(question: str) -> bool:
    """Ask; Ctrl-C at the question is Ctrl-C."""
    try:
        return click.confirm(question)
    except click.Abort as error:
        raise KeyboardInterrupt from error


def listed(text: str) -> list[str]:
    """Return the names in a list such as "front, left"."""
    return [name.strip() for name in text.split(",") if name.strip()]
