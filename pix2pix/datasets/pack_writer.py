"""Writing a pack: into a folder beside its place, which takes its name when all of it is there."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.lib.format import open_memmap

from pix2pix.datasets.pack import INDEX, Index, Shard, Split
from pix2pix.datasets.samples import Sample
from pix2pix.errors import Pix2PixError

SHARD_BYTES = 1 << 30  # of photos: a shard is closed before it grows beyond


class PackWriter:
    """A context manager: `add` samples split by split; leaving it well makes the pack appear, else nothing does."""

    def __init__(self, out: Path, *, source: str = "", domain: str = "") -> None:
        if out.exists():
            raise Pix2PixError(f"{out} is there already; remove it or name another pack with --out")
        self.out = out
        self._partial = out.with_name(f"{out.name}.partial")
        self._source, self._domain = source, domain
        self._splits: dict[str, Split] = {}

    def __enter__(self) -> Self:
        shutil.rmtree(self._partial, ignore_errors=True)  # what a killed run left
        self._partial.mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            shutil.rmtree(self._partial, ignore_errors=True)
            if isinstance(error, OSError):
                raise Pix2PixError(
                    f"{self.out} can't be written ({error.strerror}); free the disk"
                ) from error
            return
        index = Index(source=self._source, domain=self._domain, splits=self._splits)
        (self._partial / INDEX).write_text(index.model_dump_json(indent=1), encoding="utf-8")
        self._partial.rename(self.out)

    def add(self, split: str, samples: Iterable[tuple[str, Sample]]) -> None:
        """Write a split; samples of one size and kind that follow one another share a shard."""
        pixels = np.zeros(256, np.int64)
        shards: list[Shard] = []
        group: list[tuple[str, Sample]] = []
        for name, sample in samples:
            pixels += np.bincount(sample.label_ids.ravel(), minlength=256)
            if group and (_kind(sample) != _kind(group[0][1]) or _full(group)):
                shards.append(self._write(split, len(shards), group))
                group = []
            group.append((name, sample))
        if group:
            shards.append(self._write(split, len(shards), group))
        counted = {int(label_id): int(pixels[label_id]) for label_id in pixels.nonzero()[0]}
        self._splits[split] = Split(shards=tuple(shards), pixels=counted)

    def _write(self, split: str, number: int, group: list[tuple[str, Sample]]) -> Shard:
        first = group[0][1]
        shard = Shard(
            stem=f"{split}-{number:04d}",
            height=first.label_ids.shape[0],
            width=first.label_ids.shape[1],
            names=tuple(name for name, _ in group),
            photos=first.photo_rgb is not None,
            boundaries=first.boundary is not None,
        )
        self._save(f"{shard.stem}-labels.npy", [sample.label_ids for _, sample in group])
        if shard.photos:
            self._save(f"{shard.stem}-photos.npy", [s.photo_rgb for _, s in group if s.photo_rgb is not None])
        if shard.boundaries:
            self._save(
                f"{shard.stem}-boundaries.npy",
                [s.boundary.view(np.uint8) for _, s in group if s.boundary is not None],
            )
        return shard

    def _save(self, name: str, pictures: list[np.ndarray]) -> None:
        shape = (len(pictures), *pictures[0].shape)
        array = open_memmap(self._partial / name, mode="w+", dtype=np.uint8, shape=shape)
        for place, picture in enumerate(pictures):
            array[place] = picture
        array.flush()


def _kind(sample: Sample) -> tuple[tuple[int, ...], bool, bool]:
    return sample.label_ids.shape, sample.photo_rgb is None, sample.boundary is None


def _full(group: list[tuple[str, Sample]]) -> bool:
    return len(group) * group[0][1].label_ids.size * 3 >= SHARD_BYTES
