"""What is wrong with material to import, each said in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carla_bridge.errors import BridgeError

MAX_SIDE_PX = 16384


class CannotImport(BridgeError):
    """A file or folder holds no label maps that can be read without guessing."""

    def __init__(self, path: Path, problem: str):
        super().__init__(f"cannot import {path}: {problem}")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the operating system says inside the block into one sentence about this path."""
    try:
        yield
    except OSError as error:
        raise CannotImport(path, f"it cannot be read ({error.strerror or error})") from error


def check_size(path: Path, width: int, height: int) -> None:
    """Refuse a picture without pixels, or of more than anybody's camera has, before it is unpacked."""
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
        raise CannotImport(path, f"it is {width}×{height} pixels; sides have 1 to {MAX_SIDE_PX}")
