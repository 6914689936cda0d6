"""Distillation: a trained teacher paints label maps, and a small generator learns from its paintings.

Photos with label maps are few; label maps alone are endless, a drive through the stand-in makes thousands. The teacher
paints every map once, beforehand, so that its size costs nothing while the student learns; the paintings and the
real photos are then one data set for the ordinary training loop. (Hinton et al. 2015, arXiv 1503.02531, had the
idea for classifiers; for pix2pix's kind Li et al. 2020, GAN Compression, arXiv 2003.08936.)
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from torch import nn

from pix2pix.checkpoint import Card
from pix2pix.config import TrainConfig
from pix2pix.datasets import Dataset, Sample
from pix2pix.datasets.joined import Joined
from pix2pix.errors import Pix2PixError
from pix2pix.generators import Generator
from pix2pix.painting import paint
from pix2pix.perceptual import load_perceptual
from pix2pix.run_directory import check_run

LARGEST_BYTES = 8 << 30  # of paintings held in memory


class Painted:
    """A data set whose photos the teacher painted; ids that are never judged stay so."""

    def __init__(
        self, teacher: nn.Module, dataset: Dataset, *, device: str, painted_one: Callable[[], None]
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
            painted_one()

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> Sample:
        return self._samples[index]


def check_lesson(config: TrainConfig, teacher: Card, out: Path, *, resume: bool) -> None:
    """Refuse before the long painting what would be refused after it."""
    if set(teacher.classes) != set(config.classes):
        raise Pix2PixError(
            f"the teacher {teacher.name} was taught the classes {sorted(teacher.classes)}, the student's config "
            f"names {sorted(config.classes)}; make them the same"
        )
    check_run(out, resume=resume)
    if config.perceptual_weight:
        load_perceptual(config.perceptual, config.perceptual_weights)


def lesson(
    teacher: Generator,
    photos: Dataset,
    maps: Sequence[Dataset],
    *,
    device: str,
    real_share: float,
    painted_one: Callable[[], None] = lambda: None,
) -> Dataset:
    """Return what the student learns from: real photos, the teacher's paintings of their label maps, and of `maps`.

    `real_share`, 0 to less than 1, of the samples are real photos, each as often as the others give or take one.
    """
    teacher = teacher.to(device).eval().requires_grad_(False)
    painted: list[Dataset] = [
        Painted(teacher, dataset, device=device, painted_one=painted_one) for dataset in (photos, *maps)
    ]
    counts = [len(dataset) for dataset in painted]
    real = round(sum(counts) * real_share / (1 - real_share))
    return Joined([photos, *painted], [real, *counts])
