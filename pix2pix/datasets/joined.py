"""Several data sets as one, or a part of one."""

from collections import Counter
from collections.abc import Sequence

from pix2pix.datasets.samples import Dataset, Sample


class Joined:
    """One after the other; `counts` says how many samples each gives, spread evenly over it, if not all once."""

    def __init__(self, datasets: Sequence[Dataset], counts: Sequence[int] | None = None) -> None:
        counts = counts if counts is not None else [len(dataset) for dataset in datasets]
        self.pixels = _added([getattr(dataset, "pixels", None) for dataset in datasets])
        self._places = [
            (dataset, place * len(dataset) // count)
            for dataset, count in zip(datasets, counts, strict=True)
            for place in range(count)
        ]
        self.names = [dataset.names[index] for dataset, index in self._places]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Sample:
        dataset, place = self._places[index]
        return dataset[place]


class Subset:
    """Some samples of another data set."""

    def __init__(self, dataset: Dataset, places: Sequence[int]) -> None:
        self._dataset, self._places = dataset, list(places)
        self.names = [dataset.names[place] for place in places]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Sample:
        return self._dataset[self._places[index]]


def _added(counts: Sequence[dict[int, int] | None]) -> dict[int, int] | None:
    """Return the pixels of each label id in all of them, or None where one has not been counted."""
    total: Counter[int] = Counter()
    for pixels in counts:
        if pixels is None:
            return None
        total.update(pixels)
    return dict(total)
