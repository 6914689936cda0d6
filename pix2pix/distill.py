"""Distillation: a trained teacher paints label maps, and a small generator learns from its paintings.

Photos with label maps are few; label maps alone are endless, a drive through the stand-in makes thousands. The teacher
paints every map once, beforehand, so that its size costs nothing while the student learns; the paintings and the
real photos are then one data set for the ordinary training loop. (Hinton et al. 2015, arXiv 1503.02531, had the
idea for classifiers; for pix2pix's kind Li et al. 2020, GAN Compression, arXiv 2003.08936.)
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from pix2pix.datasets import Dataset, Sample
from pix2pix.datasets.joined import Joined
from pix2pix.errors import Pix2PixError
from pix2pix.generators import Generator
from pix2pix.tensors import to_photo

LARGEST_BYTES = 8 << 30  # of paintings held in memory


class Painted:
    """A data set whose photos the teacher painted; ids that are never judged stay so."""

    def __init__(
        self,
        teacher: nn.Module,
        dataset: Dataset,
        *,
        device: str,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self.names = [f"painted/{name}" for name in dataset.names]
        self._samples = []
        held = 0
        for index in range(len(dataset)):
            sample = dataset[index]
            photo_rgb = paint(teacher, sample, device)
            held += photo_rgb.nbytes + sample.label_ids.nbytes
            if held > LARGEST_BYTES:
                raise Pix2PixError(
                    f"the paintings of {len(dataset)} label maps need more than {LARGEST_BYTES >> 30} GiB; "
                    "give fewer or smaller maps"
                )
            label_ids = np.array(sample.label_ids)
            self._samples.append(Sample(photo_rgb, label_ids, sample.boundary, sample.domain))
            progress(index + 1, len(dataset))

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> Sample:
        return self._samples[index]


def paint(teacher: nn.Module, sample: Sample, device: str) -> np.ndarray:
    """Return the teacher's photo of the sample's label map, H,W,3 uint8."""
    label_ids = torch.from_numpy(np.ascontiguousarray(sample.label_ids))[None].to(device)
    boundary = None if sample.boundary is None else torch.from_numpy(sample.boundary)[None].to(device)
    domain = torch.tensor([sample.domain], device=device)
    precision = torch.autocast("cuda", torch.bfloat16, enabled=device.startswith("cuda"))
    with torch.inference_mode(), precision:
        photo = to_photo(teacher(label_ids, boundary=boundary, domain=domain))
    photo_rgb: np.ndarray = photo[0].cpu().numpy()
    return photo_rgb


def lesson(
    teacher: Generator,
    photos: Dataset,
    maps: Sequence[Dataset],
    *,
    device: str,
    real_share: float,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Dataset:
    """Return what the student learns from: real photos, the teacher's paintings of their label maps, and of `maps`.

    `real_share` of the samples, about, are real photos: they are repeated as often as that takes.
    """
    teacher = teacher.to(device).eval().requires_grad_(False)
    painted: list[Dataset] = [
        Painted(teacher, dataset, device=device, progress=progress) for dataset in (photos, *maps)
    ]
    count = sum(len(dataset) for dataset in painted)
    if real_share <= 0:
        return Joined(painted)
    repeats = max(1, round(count * real_share / (1 - real_share) / len(photos)))
    return Joined([photos, *painted], [repeats] + [1] * len(painted))
