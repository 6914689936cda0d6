"""Photos with label maps, whatever the layout on disk."""

from collections.abc import Sequence
from pathlib import Path

from pix2pix.datasets.cityscapes import Cityscapes
from pix2pix.datasets.pack import INDEX, Pack, read_index
from pix2pix.datasets.samples import Dataset, Sample
from pix2pix.errors import Pix2PixError

__all__ = ["Dataset", "Sample", "open_dataset", "open_held_out", "open_split"]


def open_dataset(
    path: Path, split: str, *, skip: Sequence[str] = (), domain: int = 0, skip_bad: bool = False
) -> Dataset:
    """Return one split of the data at `path`, whose layout is recognised: a pack, or Cityscapes folders.

    `skip` names sequences to leave out. Raises `Pix2PixError` if there is nothing of the kind.
    """
    if (path / INDEX).is_file():
        pack = Pack(path, split, domain=domain)
        return _without(pack, skip) if skip else pack
    if not path.is_dir():
        raise Pix2PixError(
            f"{path} is no folder; --data must name a pack or a folder of photos with label maps"
        )
    return Cityscapes(path, split, skip=skip, domain=domain, skip_bad=skip_bad)


def open_held_out(path: Path) -> Dataset | None:
    """Return the split "val", or None where there is none."""
    return open_split(path, "val")


def open_split(path: Path, split: str, *, skip: Sequence[str] = (), skip_bad: bool = False) -> Dataset | None:
    """Return a split, or None where there is none of that name; what is there but damaged is an error."""
    if (path / INDEX).is_file():
        return open_dataset(path, split, skip=skip) if split in read_index(path).splits else None
    if not (path / "leftImg8bit" / split).is_dir():
        return None
    return open_dataset(path, split, skip=skip, skip_bad=skip_bad)


class Subset:
    """Some samples of another data set."""

    def __init__(self, dataset: Dataset, places: Sequence[int]) -> None:
        self._dataset, self._places = dataset, list(places)
        self.names = [dataset.names[place] for place in places]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Sample:
        return self._dataset[self._places[index]]


def _without(dataset: Dataset, skip: Sequence[str]) -> Subset:
    left_out = set(skip)
    places = [n for n, name in enumerate(dataset.names) if not left_out & set(Path(name).parts[:-1])]
    if not places:
        raise Pix2PixError(f"nothing is left of the data without {', '.join(skip)}; correct `skip`")
    return Subset(dataset, places)
