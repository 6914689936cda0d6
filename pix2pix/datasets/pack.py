"""A pack: photos and label maps as memory-mapped uint8 arrays, decoded once so that loading never limits training.

A folder: `pack.json` says what is in it, and each shard is three NumPy files of one picture size,
`<split>-<n>-labels.npy` N,H,W, `…-photos.npy` N,H,W,3 (absent in a pack of label maps alone) and
`…-boundaries.npy` N,H,W (absent where no instances are known). NumPy's format:
https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html; pickled arrays are refused.
"""

import re
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Annotated, Self

import numpy as np
from numpy.lib.format import open_memmap
from pydantic import AfterValidator, Field, model_validator

from pix2pix.config import Settings
from pix2pix.datasets.samples import Sample
from pix2pix.errors import Pix2PixError

FORMAT = 1
INDEX = "pack.json"
LARGEST_INDEX = 1 << 28  # bytes


def _plain(name: str) -> str:
    """Check that a sample's name can become a file name below a folder of the reader's choice."""
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or not name.isprintable() or "\\" in name:
        raise ValueError(f"the name {name!r} leads elsewhere")
    return name


Name = Annotated[str, Field(max_length=1000), AfterValidator(_plain)]


class Shard(Settings):
    """Pictures of one size, in order."""

    stem: Annotated[str, Field(pattern=r"^[a-z0-9]+-[0-9]{4}$")]
    height: Annotated[int, Field(ge=1, le=1 << 14)]
    width: Annotated[int, Field(ge=1, le=1 << 14)]
    names: tuple[Name, ...]
    photos: bool
    boundaries: bool


class Split(Settings):
    """The shards of "train" or "val", and how many pixels each label id has in them."""

    shards: tuple[Shard, ...]
    pixels: dict[int, int]
    order: tuple[int, ...] = ()  # which shard has the n-th sample; empty: one shard after the other

    @model_validator(mode="after")
    def _order_fits(self) -> Self:
        counts = {number: len(shard.names) for number, shard in enumerate(self.shards) if shard.names}
        if self.order and Counter(self.order) != counts:
            raise ValueError("its order does not fit its shards")
        return self

    def places(self) -> list[tuple[int, int]]:
        """Return the shard and the place in it of every sample."""
        if not self.order:
            return [(n, place) for n, shard in enumerate(self.shards) for place in range(len(shard.names))]
        used: Counter[int] = Counter()
        places = []
        for number in self.order:
            places.append((number, used[number]))
            used[number] += 1
        return places


class Index(Settings):
    """What `pack.json` holds."""

    format: int = FORMAT
    source: str = ""
    domain: str = ""
    licence: str = ""
    splits: dict[str, Split]


class Pack:
    """One split of a pack, as a data set. Reading a sample copies nothing until it is cropped."""

    def __init__(self, root: Path, split: str, *, domain: int = 0) -> None:
        index = read_index(root)
        if split not in index.splits:
            raise Pix2PixError(f"{root} has no split {split}, only {', '.join(sorted(index.splits))}")
        self.domain = domain
        self.pixels = index.splits[split].pixels
        shards = index.splits[split].shards
        self._places = index.splits[split].places()
        self._shards = [_Arrays(root, shard) for shard in shards]
        self.names = [shards[number].names[place] for number, place in self._places]

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
        if path.stat().st_size > LARGEST_INDEX:
            raise ValueError("it is larger than any index")
        index = Index.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:  # pydantic's errors are ValueErrors
        fault = re.sub(r"\s+", " ", str(error))[:200]
        raise Pix2PixError(f"{path} can't be read ({fault}); make the pack anew by `pix2pix pack`") from error
    if index.format != FORMAT:
        raise Pix2PixError(
            f"{path} has format {index.format}, this version reads {FORMAT}; pack the data anew"
        )
    return index


def _map(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    try:
        if path.is_symlink():
            raise ValueError("it is a link")
        array = open_memmap(path, mode="r")  # one plain array; neither pickles nor archives
    except (OSError, ValueError, EOFError) as error:
        reason = (str(error).splitlines() or ["it is cut off"])[0]
        raise Pix2PixError(
            f"{path} can't be mapped ({reason}); make the pack anew by `pix2pix pack`"
        ) from error
    if array.shape != shape or array.dtype != np.uint8:
        raise Pix2PixError(
            f"{path} is {array.dtype} {array.shape} where {INDEX} says uint8 {shape}; pack the data anew"
        )
    return array
