"""The engine: a loaded, warmed-up generator. Label ids in, photos out; it knows nothing of tags or windows."""

import copy
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from pix2pix import checkpoint
from pix2pix.backends import choose_backend
from pix2pix.backends.building import build
from pix2pix.checkpoint import Card
from pix2pix.errors import Pix2PixError
from pix2pix.generators import Generator

MAX_PIXELS = 1 << 24  # of one batch: more is a mistake, and would exhaust the memory


def load(
    name_or_path: str | Path, *, device: str = "auto", backend: str = "auto", threads: int | None = None
) -> "Engine":
    """Return the engine of a shipped name ("fast") or a checkpoint's path.

    `device` is "auto", "cpu", "cuda" or "cuda:N", `backend` one of `pix2pix.backends.NAMES`; `threads`, of the CPU,
    counts for all of torch in this process. Raises `Pix2PixError` in one sentence.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    path = checkpoint.resolve(name_or_path)
    chosen, reason = choose_device(device)
    choose_backend(backend, chosen)  # refuse it before the weights are read
    generator, card = checkpoint.load(path)
    return Engine(generator, card, device=chosen, reason=reason, backend=backend)


def choose_device(device: str) -> tuple[str, str]:
    """Return the device to use and the reason, for people to read."""
    if device == "auto":
        if torch.cuda.is_available():
            return "cuda", f"a CUDA device is there: {torch.cuda.get_device_name()}"
        return "cpu", f"no CUDA device is there; {torch.get_num_threads()} CPU threads"
    if device == "cpu":
        return "cpu", f"asked for; {torch.get_num_threads()} CPU threads"
    if found := re.fullmatch(r"cuda(?::(\d+))?", device):
        if int(found[1] or 0) < torch.cuda.device_count():
            return device, "asked for"
        raise Pix2PixError(f"no CUDA device is there for --device {device}; use --device auto or cpu")
    raise Pix2PixError(f"--device {device} is not known; use auto, cpu or cuda")


class Engine:
    """`engine(label_ids)`: (N, H, W) uint8 Cityscapes label ids → (N, H, W, 3) uint8 RGB; a pure call.

    Any H and W: sizes that are no multiple of the generator's stride are padded and cropped inside.
    """

    def __init__(
        self, generator: Generator, card: Card, *, device: str, reason: str, backend: str = "auto"
    ) -> None:
        self.card = card
        self.device = torch.device(device)
        weights = sum(weight.numel() for weight in generator.parameters())
        self.backend, why = choose_backend(backend, device, parameters=weights)
        own = copy.deepcopy(generator).eval()  # the caller keeps its own
        with _one_sentence(self.device):
            self._backend = build(self.backend, own, self.device)
        self.precision = self._backend.precision
        self.description = f"{card.name} on {device} ({reason}), {self.backend} in {self.precision} ({why})"

    @property
    def kind(self) -> str:
        """What decides how this engine rounds."""
        return f"{self.device.type} {self.backend} {self.precision}"

    def __call__(self, label_ids: np.ndarray) -> np.ndarray:
        """Return the photos; raises `Pix2PixError` for another shape or type."""
        if label_ids.dtype != np.uint8 or label_ids.ndim != 3 or 0 in label_ids.shape:
            raise Pix2PixError(
                f"label ids are {label_ids.dtype} of shape {label_ids.shape}; the engine takes uint8 (N, H, W)"
            )
        if label_ids.size > MAX_PIXELS:
            raise Pix2PixError(
                f"label ids of shape {label_ids.shape} are more than {MAX_PIXELS} pixels; "
                "use a smaller size or fewer frames at once"
            )
        with torch.inference_mode(), _one_sentence(self.device):
            ids = torch.from_numpy(np.require(label_ids, requirements=["C", "W"]))
            photo_rgb: np.ndarray = self._backend(ids).numpy()
        return photo_rgb

    def net(self, label_ids: np.ndarray) -> Callable[[], object]:
        """Return a call that runs the convolutions alone, to measure them."""
        with torch.inference_mode(), _one_sentence(self.device):
            return self._backend.net(torch.from_numpy(label_ids))

    def warm_up(self, height: int, width: int, *, batch_size: int = 1) -> float:
        """Build what this size needs and run once, so that the first frame is as fast as the rest.

        Return the seconds it took.
        """
        started = time.perf_counter()
        with torch.inference_mode(), _one_sentence(self.device):
            self._backend.prepare(batch_size, height, width)
        self(np.zeros((batch_size, height, width), np.uint8))
        return time.perf_counter() - started


@contextmanager
def _one_sentence(device: torch.device) -> Iterator[None]:
    """Torch says `RuntimeError` when a device has no memory left or fails."""
    try:
        yield
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise Pix2PixError(
            f"{device} failed ({reason}); use a smaller size, or another --device or --backend"
        ) from error
