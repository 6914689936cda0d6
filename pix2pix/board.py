"""TensorBoard: losses, scores and pictures of a run, for `--tensorboard` (pip install 'carla-bridge[board]')."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pix2pix.errors import Pix2PixError


class Board:
    """What is written to; without a writer, nothing is."""

    def __init__(self, writer: Any = None) -> None:
        self._writer = writer

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write each value under its name."""
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def picture(self, step: int, picture_rgb: np.ndarray) -> None:
        """Write a picture, H,W,3 uint8."""
        if self._writer is not None:
            self._writer.add_image("samples", picture_rgb, step, dataformats="HWC")


def check_board() -> None:
    """Say in one sentence that TensorBoard isn't installed, before anything else happens."""
    try:
        import torch.utils.tensorboard  # noqa: F401
    except ImportError as error:
        raise Pix2PixError(
            "--tensorboard needs TensorBoard, which isn't installed; pip install 'carla-bridge[board]'"
        ) from error


@contextmanager
def open_board(folder: Path, *, wanted: bool, first_step: int) -> Iterator[Board]:
    """Yield the board of a run; what a killed run had written of `first_step` and later is hidden."""
    if not wanted:
        yield Board()
        return
    check_board()
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(folder, purge_step=first_step) as writer:
        yield Board(writer)
