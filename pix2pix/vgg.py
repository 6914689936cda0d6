"""The convolutions of VGG-19 (Simonyan & Zisserman 2014, arXiv 1409.1556), with the names of torchvision's.

Its weights are not part of this package. `download` fetches the published file, and only when it is called.
"""

import hashlib
import urllib.error
import urllib.request
from pathlib import Path

import torch
from torch import Tensor, nn

from pix2pix.errors import Pix2PixError
from pix2pix.run_directory import writing

ADDRESS = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
SHA256 = "dcbb9e9d"  # how the published file's hash begins, by its name
LARGEST = 1 << 30  # bytes; the published file has 575 MB
LAYERS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512)  # 0 halves the size
TAPS = (1, 6, 11, 20, 29)  # relu1_1, relu2_1, relu3_1, relu4_1, relu5_1, as pix2pixHD compares them
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
    """Return the network with the published weights (`.pth`, read without unpickling code)."""
    network = VGG19()
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        ours = {key: state[key] for key in network.state_dict()}
        network.load_state_dict(ours)
    except FileNotFoundError as error:
        raise Pix2PixError(
            f"{path} is missing; name the published VGG-19 file by perceptual_weights, or fetch it from "
            f"{ADDRESS} by `pix2pix train --download-vgg`"
        ) from error
    except Exception as error:  # torch.load raises whatever a damaged file makes it raise
        reason = str(error).splitlines()[0][:200]
        raise Pix2PixError(f"{path} does not hold the weights of VGG-19 ({reason}); fetch it anew") from error
    return network


def download(path: Path, *, address: str = ADDRESS, sha256: str = SHA256, largest: int = LARGEST) -> Path:
    """Fetch the published weights to `path` unless they are there; a file with another hash is not kept."""
    if path.is_file():
        return path
    digest, size = hashlib.sha256(), 0
    try:
        with writing(path) as partial:
            with urllib.request.urlopen(address, timeout=30) as answer, partial.open("wb") as file:
                while part := answer.read(1 << 20):
                    size += len(part)
                    if size > largest:
                        raise Pix2PixError(f"{address} is larger than {largest} bytes; it is not VGG-19")
                    digest.update(part)
                    file.write(part)
            if not digest.hexdigest().startswith(sha256):
                raise Pix2PixError(
                    f"{address} has the hash {digest.hexdigest()[:16]}…, not {sha256}…; nothing was kept"
                )
    except urllib.error.URLError as error:
        raise Pix2PixError(f"{address} can't be reached ({error.reason}); fetch it by other means") from error
    finally:
        path.with_name(f"{path.stem}.partial{path.suffix}").unlink(missing_ok=True)
    return path
