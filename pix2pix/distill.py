"""Distillation: a trained teacher paints label maps, and a small generator learns from its paintings.

Photos with label maps are few; label maps alone are endless, a drive through the stand-in makes thousands. The teacher
paints every map once, beforehand, so that its size costs nothing while the student learns; the paintings and the
real photos are then one data set for the ordinary training loop. (Hinton et al. 2015, arXiv 1503.02531, had the
idea for classifiers; for pix2pix's kind Li et al. 2020, GAN Compression, arXiv 2003.08936.)
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pix2pix.checkpoint import Card
from pix2pix.config import TrainConfig
from pix2pix.datasets import Dataset, Sample, domain_of, open_dataset
from pix2pix.datasets.joined import Joined
from pix2pix.datasets.pack import Pack, read_index
from pix2pix.errors import Pix2PixError
from pix2pix.generators import Generator
from pix2pix.painting import paint
from pix2pix.perceptual import load_perceptual
from pix2pix.run_directory import check_run

LARGEST_BYTES = 8 << 30  # of paintings held in memory


class Painted:
    """A data set whose photos the teacher painted; ids that are never judged stay so."""

    def __init__(self, dataset: Dataset, paint_one: Callable[[Sample], np.ndarray]) -> None:
        self.names = [f"painted/{name}" for name in dataset.names]
        self._samples = []
        held = 0
        for index in range(len(dataset)):
            sample = dataset[index]
            photo_rgb = paint_one(sample)
            held += photo_rgb.nbytes + sample.label_ids.nbytes
            if held > LARGEST_BYTES:
                raise Pix2PixError(
                    f"the paintings of {len(dataset)} label maps need more than {LARGEST_BYTES >> 30} GiB; "
                    "give fewer or smaller maps"
                )
            label_ids = np.array(sample.label_ids)
            self._samples.append(Sample(photo_rgb, label_ids, sample.boundary, sample.domain))

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> Sample:
        return self._samples[index]


def check_lesson(
    config: TrainConfig, teacher: Card, out: Path, sources: Mapping[str, Any], *, resume: bool
) -> None:
    """Refuse before the long painting what would be refused after it."""
    if set(teacher.classes) != set(config.classes):
        raise Pix2PixError(
            f"the teacher {teacher.name} was taught the classes {sorted(teacher.classes)}, the student's config "
            f"names {sorted(config.classes)}; make them the same"
        )
    domains, taught = config.generator.domains, teacher.generator.domains
    if not set(domains) <= set(taught) or bool(domains) != bool(taught):
        raise Pix2PixError(
            f"the teacher {teacher.name} paints {_list(taught)}, the student's config names {_list(domains)}; "
            "set generator.domains to some of the teacher's"
        )
    check_run(out, sources, resume=resume)
    if config.perceptual_weight:
        load_perceptual(config.perceptual, config.perceptual_weights)


def open_maps(path: Path, domains: Sequence[str]) -> Dataset:
    """Return the label maps at `path` in the domain that their pack names, or else in all domains by turns."""
    maps = open_dataset(path, "train")
    if not domains:
        return maps
    name = read_index(path).domain if isinstance(maps, Pack) else ""
    if not name:
        return InDomains(maps, range(len(domains)))
    return InDomains(maps, [domain_of(path, domains)])


class InDomains:
    """Label maps as if they were of these domains, one after the other."""

    def __init__(self, dataset: Dataset, domains: Sequence[int]) -> None:
        self.names = dataset.names
        self._dataset, self._domains = dataset, domains

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sample:
        return self._dataset[index]._replace(domain=self._domains[index % len(self._domains)])


def lesson(
    teacher: Generator,
    photos: Dataset,
    maps: Sequence[Dataset],
    *,
    device: str,
    real_share: float,
    styles: Sequence[int] = (0,),
    painted_one: Callable[[], None] = lambda: None,
) -> Dataset:
    """Return what the student learns from: real photos, the teacher's paintings of their label maps, and of `maps`.

    `real_share`, 0 to less than 1, of the samples are real photos, each as often as the others give or take one.
    `styles` says which of the teacher's domains each of the student's is.
    """
    teacher = teacher.to(device).eval().requires_grad_(False)

    def paint_one(sample: Sample) -> np.ndarray:
        photo_rgb = paint(teacher, sample._replace(domain=styles[sample.domain]), device)
        painted_one()
        return photo_rgb

    painted: list[Dataset] = [Painted(dataset, paint_one) for dataset in (photos, *maps)]
    counts = [len(dataset) for dataset in painted]
    real = round(sum(counts) * real_share / (1 - real_share))
    return Joined([photos, *painted], [real, *counts])


def styles_of(domains: Sequence[str], teacher: Card) -> list[int]:
    """Return the place of each of the student's domains among the teacher's; [0] where there are none."""
    return [teacher.generator.domains.index(name) for name in domains] or [0]


def _list(domains: Sequence[str]) -> str:
    return f"the domains {', '.join(domains)}" if domains else "no domains"
