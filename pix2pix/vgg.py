"""The convolutions of VGG-19 (Simonyan & Zisserman 2014, arXiv 1409.1556), with the names of torchvision's.

Its weights are not part of this package. `download_vgg` fetches the published file, and only when it is called.
"""

import hashlib
import http.client
import pickle
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from pix2pix.errors import Pix2PixError
from pix2pix.outputs import writing

ADDRESS = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
SHA256 = "dcbb9e9d"  # how the published file's hash begins, by its name
LARGEST = 1 << 30  # bytes; the published file has 575 MB
LAYERS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512)  # 0 halves the size
TAPS = (1, 6, 11, 20, 29)  # relu1_1, relu2_1, relu3_1, relu4_1, relu5_1, as pix2pixHD compares them
UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    pickle.UnpicklingError,
    SafetensorError,
)  # what damage makes the readers raise
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, for photos in 0..1


class VGG19(nn.Module):
    """Photo N,3,H,W in -1..1 → the activations behind relu1_1 … relu5_1."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        source = 3
        for width in LAYERS:
            if width:
                layers += [nn.Conv2d(source, width, 3, padding=1), nn.ReLU()]
                source = width
            else:
                layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(STD)[:, None, None], persistent=False)

    def forward(self, photo: Tensor) -> list[Tensor]:
        """Return five activations, fine to coarse."""
        x = ((photo + 1) / 2 - self.mean) / self.std
        taps = []
        for place, layer in enumerate(self.features):
            x = layer(x)
            if place in TAPS:
                taps.append(x)
        return taps


def load_vgg19(path: Path) -> VGG19:
    """Return the network with published weights: torchvision's `.pth` (no code in it is run) or `.safetensors`.

    Raises `Pix2PixError` that names the two ways to the file if it is missing, or says what is wrong with it.
    """
    if not path.is_file():
        raise Pix2PixError(
            f"no weights of VGG-19 at {path}: name their file by perceptual_weights, or add --download-vgg to "
            f"fetch them there from {ADDRESS}"
        )
    network = VGG19()
    try:
        state = _read(path)
        network.load_state_dict({key: state[key] for key in network.state_dict()})
    except UNREADABLE as error:
        reason = str(error).split("\n")[0][:200]
        raise Pix2PixError(f"{path} does not hold the weights of VGG-19 ({reason}); fetch it anew") from error
    return network.eval()


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        return load_file(path)
    state: dict[str, Tensor] = torch.load(path, weights_only=True, map_location="cpu")
    return state


def download_vgg(path: Path, *, address: str = ADDRESS, sha256: str = SHA256, largest: int = LARGEST) -> Path:
    """Fetch the published weights to `path`, unless a file is there, and return it.

    `sha256` is how the file's hash must begin. The file appears when all of it has come and is right: a broken
    line, a larger file or another hash leave nothing behind, and raise `Pix2PixError`.
    """
    if path.is_file():
        return path
    digest = hashlib.sha256()
    with writing(path) as partial:
        with partial.open("wb") as file:
            for part in _receive(address, largest):
                digest.update(part)
                file.write(part)
        if not digest.hexdigest().startswith(sha256):
            raise Pix2PixError(
                f"{address} has the hash {digest.hexdigest()[:16]}…, not {sha256}…; nothing was kept, try again"
            )
    return path


def _receive(address: str, largest: int) -> Iterator[bytes]:
    """Yield the file part by part; the connection's faults, and only those, become one sentence."""
    received = 0
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            while part := answer.read(1 << 20):
                received += len(part)
                if received > largest:
                    raise Pix2PixError(f"{address} is larger than {largest} bytes, so it isn't VGG-19")
                yield part
            missing = answer.length or 0  # what was announced and didn't come
    except (OSError, http.client.HTTPException) as error:
        raise Pix2PixError(f"{address} can't be fetched ({error}); fetch it by other means") from error
    if missing:
        raise Pix2PixError(f"{address} ended {missing} bytes too early; nothing was kept, try again")
