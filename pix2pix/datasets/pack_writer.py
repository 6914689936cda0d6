"""Writing a pack: into a folder beside its place, which takes its name when all of it is there."""

import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.lib.format import write_array_header_1_0

from pix2pix.datasets.pack import INDEX, Index, Shard, Split
from pix2pix.datasets.samples import Sample
from pix2pix.errors import Pix2PixError
from pix2pix.outputs import check_new

SHARD_BYTES = 1 << 30  # of photos: a shard is closed before it grows beyond
Kind = tuple[int, int, bool, bool]  # height, width, photos?, boundaries?


class PackWriter:
    """A context manager: `add` samples split by split; leaving it well makes the pack appear, else nothing does."""

    def __init__(
        self,
        out: Path,
        *,
        source: str = "",
        domain: str = "",
        licence: str = "",
        shard_bytes: int = SHARD_BYTES,
    ) -> None:
        check_new(out)
        self.out = out
        self._partial = out.with_name(f"{out.name}.partial")
        self._source, self._domain, self._licence = source, domain, licence
        self._shard_bytes = shard_bytes
        self._splits: dict[str, Split] = {}

    def __enter__(self) -> Self:
        shutil.rmtree(self._partial, ignore_errors=True)  # what a killed run left
        try:
            self._partial.mkdir(parents=True)
        except OSError as error:
            raise _unwritable(self.out, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                index = Index(
                    source=self._source, domain=self._domain, licence=self._licence, splits=self._splits
                )
                (self._partial / INDEX).write_text(index.model_dump_json(indent=1), encoding="utf-8")
                self._partial.rename(self.out)
        except OSError as problem:
            error = problem
        if error is not None:
            shutil.rmtree(self._partial, ignore_errors=True)
            if isinstance(error, OSError):
                raise _unwritable(self.out, error) from error

    @property
    def counts(self) -> dict[str, int]:
        """How many samples each split has so far."""
        return {name: sum(len(s.names) for s in split.shards) for name, split in self._splits.items()}

    def add(self, split: str, samples: Iterable[tuple[str, Sample]]) -> None:
        """Write a split as it comes, one picture in memory; samples of one size and kind share shards."""
        pixels = np.zeros(256, np.int64)
        written: list[OpenShard] = []
        growing: dict[Kind, int] = {}
        order: list[int] = []
        with ExitStack() as open_files:
            for name, sample in samples:
                pixels += np.bincount(sample.label_ids.ravel(), minlength=256)
                kind = _kind(sample)
                number = growing.get(kind, -1)
                if number < 0 or written[number].bytes >= self._shard_bytes:
                    growing[kind] = number = len(written)
                    shard = OpenShard(self._partial, f"{split}-{number:04d}", kind)
                    written.append(open_files.enter_context(shard))
                written[number].append(name, sample)
                order.append(number)
        counted = {int(label_id): int(pixels[label_id]) for label_id in pixels.nonzero()[0]}
        self._splits[split] = Split(
            shards=tuple(shard.described() for shard in written),
            pixels=counted,
            order=() if order == sorted(order) else tuple(order),
        )


class OpenShard:
    """A shard that grows: NumPy's files, whose headers say how many pictures there are when it is closed."""

    def __init__(self, folder: Path, stem: str, kind: Kind) -> None:
        height, width, photos, boundaries = kind
        self._folder, self._stem, self._kind = folder, stem, kind
        self._names: list[str] = []
        shape = (height, width)
        self._shapes: dict[str, tuple[int, ...]] = {"labels": shape}
        self._shapes |= {"photos": (*shape, 3)} if photos else {}
        self._shapes |= {"boundaries": shape} if boundaries else {}
        self._files: dict[str, BinaryIO] = {}

    @property
    def bytes(self) -> int:
        """What a photo of each picture takes so far."""
        return len(self._names) * self._kind[0] * self._kind[1] * 3

    def __enter__(self) -> Self:
        for what in self._shapes:
            self._files[what] = (self._folder / f"{self._stem}-{what}.npy").open("wb")
            self._write_header(what)
        return self

    def append(self, name: str, sample: Sample) -> None:
        """Write one sample behind the others."""
        self._names.append(name)
        for what, plane in (("labels", sample.label_ids), ("photos", sample.photo_rgb)):
            if plane is not None:
                self._files[what].write(np.ascontiguousarray(plane).data)
        if sample.boundary is not None:
            self._files["boundaries"].write(np.ascontiguousarray(sample.boundary).view(np.uint8).data)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for what, file in self._files.items():
            with file:
                file.seek(0)
                self._write_header(what)

    def described(self) -> Shard:
        """Return what the index says of it."""
        height, width, photos, boundaries = self._kind
        return Shard(
            stem=self._stem,
            height=height,
            width=width,
            names=tuple(self._names),
            photos=photos,
            boundaries=boundaries,
        )

    def _write_header(self, what: str) -> None:
        """Write the header; NumPy leaves room for a longer first axis, so that its length stays the same."""
        shape = (len(self._names), *self._shapes[what])
        write_array_header_1_0(self._files[what], {"descr": "|u1", "fortran_order": False, "shape": shape})


def _kind(sample: Sample) -> Kind:
    height, width = sample.label_ids.shape
    return height, width, sample.photo_rgb is not None, sample.boundary is not None


def _unwritable(out: Path, error: OSError) -> Pix2PixError:
    return Pix2PixError(f"{out} can't be written ({error.strerror}); free the disk or name another --out")
