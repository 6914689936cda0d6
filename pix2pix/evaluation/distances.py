"""How far generated photos are from real ones: as two sets of feature vectors, and picture by picture.

Fréchet distance: Heusel et al. 2017, arXiv 1706.08500. Kernel distance: Bińkowski et al. 2018, arXiv 1801.01401.
The sums are torchmetrics'; whose features are compared is the caller's choice.
"""

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from pix2pix.errors import Pix2PixError
from pix2pix.segmenter import Segmenter
from pix2pix.tensors import to_signed

Embed = Callable[[np.ndarray], np.ndarray]  # photo H,W,3 uint8 → D float64
SUBSET = 1000  # photos that the kernel distance compares at once


class Likeness(NamedTuple):
    """How alike one generated photo is to the real one of the same label map."""

    ssim: float  # -1..1
    psnr_db: float


def frechet_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Return the distance of the Gaussians of two sets of vectors, N,D each; it shrinks with N, so compare equal N."""
    fid = _torchmetrics("fid").FrechetInceptionDistance(feature=_Given(real.shape[1]))
    fid.set_dtype(torch.float64)
    fid.update(torch.from_numpy(real), real=True)
    fid.update(torch.from_numpy(fake), real=False)
    return max(0.0, float(fid.compute()))  # rounding may put two equal sets a hair below 0


def kernel_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Return the unbiased squared distance (cubic kernel) of two sets of vectors; about 0 for two of one source.

    Up to 1000 vectors are compared whole, more in 100 random subsets of 1000.
    """
    count = min(len(real), len(fake))
    subsets = 1 if max(len(real), len(fake)) <= SUBSET else 100
    with warnings.catch_warnings(), torch.random.fork_rng():
        warnings.simplefilter("ignore", UserWarning)  # that it keeps all vectors, which is as it should be
        torch.manual_seed(0)
        kid = _torchmetrics("kid").KernelInceptionDistance(
            feature=_Given(real.shape[1]), subsets=subsets, subset_size=min(SUBSET, count)
        )
        kid.update(torch.from_numpy(real), real=True)
        kid.update(torch.from_numpy(fake), real=False)
        return float(kid.compute()[0])


def likeness(fake_rgb: np.ndarray, real_rgb: np.ndarray) -> Likeness:
    """Return SSIM (Wang et al. 2004) and PSNR of two photos H,W,3 uint8; photos below 11 px have no SSIM (NaN)."""
    image = _torchmetrics("functional")
    fake, real = (torch.from_numpy(np.array(p)).permute(2, 0, 1)[None].double() for p in (fake_rgb, real_rgb))
    psnr_db = float(image.peak_signal_noise_ratio(fake, real, data_range=(0.0, 255.0)))
    if min(fake.shape[2:]) < 11:
        return Likeness(float("nan"), psnr_db)
    return Likeness(float(image.structural_similarity_index_measure(fake, real, data_range=255.0)), psnr_db)


def segmenter_features(segmenter: Segmenter, device: str = "cpu") -> Embed:
    """Return the look-up of a photo's vector in the segmenter's two coarsest levels."""

    def embed(photo_rgb: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            photo = to_signed(torch.from_numpy(np.array(photo_rgb))[None].to(device))
            vector: np.ndarray = segmenter.embedding(photo)[0].double().cpu().numpy()
        return vector

    return embed


def inception_features(path: Path, device: str = "cpu") -> Embed:
    """Return the look-up in Inception's pool3 features, 2048 of them: the field's FID.

    `path` holds the published weights (pt_inception-2015-12-05-6726825d.pth); nothing is fetched. The network is
    torch-fidelity's, which must be installed.
    """
    if not path.is_file():
        raise Pix2PixError(f"no file {path}; --inception takes torch-fidelity's published weights")
    try:
        network = _torchmetrics("fid").NoTrainInceptionV3(
            name="inception-v3-compat", features_list=["2048"], feature_extractor_weights_path=str(path)
        )
    except ModuleNotFoundError as error:
        raise Pix2PixError(
            "--inception needs torch-fidelity; install it by `pip install torch-fidelity`"
        ) from error
    except (OSError, RuntimeError, KeyError, ValueError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0]
        raise Pix2PixError(f"{path} does not hold Inception's weights ({reason}); get them anew") from error
    network.to(device)

    def embed(photo_rgb: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            photo = torch.from_numpy(np.array(photo_rgb)).permute(2, 0, 1)[None].to(device)
            vector: np.ndarray = network(photo)[0].double().cpu().numpy()
        return vector

    return embed


class _Given(nn.Module):
    """Hands on vectors that are features already."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.num_features = size

    def forward(self, vectors: Tensor) -> Tensor:
        return vectors


def _torchmetrics(part: str):  # type: ignore[no-untyped-def]
    try:
        if part == "fid":
            from torchmetrics.image import fid

            return fid
        if part == "kid":
            from torchmetrics.image import kid

            return kid
        from torchmetrics.functional import image
    except ModuleNotFoundError as error:
        raise Pix2PixError(
            "evaluation needs torchmetrics; install it by `pip install 'carla-bridge[metrics]'`"
        ) from error
    return image
