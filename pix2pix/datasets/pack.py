"""A pack: photos and label maps as memory-mapped uint8 arrays, decoded once so that loading never limits training.

A folder: `pack.json` says what is in it, and each shard is three NumPy files of one picture size,
`<split>-<n>-labels.npy` N,H,W, `…-photos.npy` N,H,W,3 (absent in a pack of label maps alone) and
`…-boundaries.npy` N,H,W (absent where no instances are known). NumPy's format:
https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html; pickled arrays are refused.
"""

import re
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, ValidationError

from pix2pix.config import Settings
from pix2pix.datasets.samples import Sample
from pix2pix.errors import Pix2PixError

FORMAT = 1
INDEX = "pack.json"


class Shard(Settings):
    """Pictures of one size, in order."""

    stem: Annotated[str, Field(pattern=r"^[a-z0-9]+-[0-9]{4}$")]
    height: Annotated[int, Field(ge=1, le=1 << 14)]
    width: Annotated[int, Field(ge=1, le=1 << 14)]
    names: tuple[str, ...]
    photos: bool
    boundaries: bool


class Split(Settings):
    """The shards of "train" or "val", and how many pixels each label id has in them."""

    shards: tuple[Shard, ...]
    pixels: dict[int, int]


class Index(Settings):
    """What `pack.json` holds."""

    format: int = FORMAT
    source: str = ""
    domain: str = ""
    splits: dict[str, Split]


class Pack:
    """One split of a pack, as a data set. Reading a sample copies nothing until it is cropped."""

    def __init__(self, root: Path, split: str, *, domain: int = 0) -> None:
        index = read_index(root)
        if split not in index.splits:
            raise Pix2PixError(f"{root} has no split {split}, only {', '.join(sorted(index.splits))}")
        self.domain = domain
        self.pixels = index.splits[split].pixels
        self.names: list[str] = []
        self._places: list[tuple[int, int]] = []
        self._shards = []
        for shard in index.splits[split].shards:
            self._shards.append(_Arrays(root, shard))
            self._places += [(len(self._shards) - 1, place) for place in range(len(shard.names))]
            self.names += shard.names

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Sample:
        shard, place = self._places[index]
        arrays = self._shards[shard]
        return Sample(
            photo_rgb=None if arrays.photos is None else arrays.photos[place],
            label_ids=arrays.labels[place],
            boundary=None if arrays.boundaries is None else arrays.boundaries[place].view(bool),
            domain=self.domain,
        )


class _Arrays:
    def __init__(self, root: Path, shard: Shard) -> None:
        shape = (len(shard.names), shard.height, shard.width)
        self.labels = _map(root / f"{shard.stem}-labels.npy", shape)
        self.photos = _map(root / f"{shard.stem}-photos.npy", (*shape, 3)) if shard.photos else None
        self.boundaries = _map(root / f"{shard.stem}-boundaries.npy", shape) if shard.boundaries else None


def read_index(root: Path) -> Index:
    """Return what a pack says of itself; whatever is not ours is refused in one sentence."""
    path = root / INDEX
    try:
        index = Index.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        fault = re.sub(r"\s+", " ", str(error))[:200]
        raise Pix2PixError(f"{path} can't be read ({fault}); make the pack anew by `pix2pix pack`") from error
    if index.format != FORMAT:
        raise Pix2PixError(
            f"{path} has format {index.format}, this version reads {FORMAT}; pack the data anew"
        )
    return index


def _map(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = str(error).splitlines()[0]
        raise Pix2PixError(
            f"{path} can't be mapped ({reason}); make the pack anew by `pix2pix pack`"
        ) from error
    if array.shape != shape or array.dtype != np.uint8:
        raise Pix2PixError(
            f"{path} is {array.dtype} {array.shape} where {INDEX} says uint8 {shape}; pack the data anew"
        )
    return array
