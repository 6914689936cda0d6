"""Several data sets as one, or a part of one."""

from collections import Counter
from collections.abc import Sequence

from pix2pix.datasets.samples import Dataset, Sample


class Joined:
    """One after the other; each as often as `repeats` says, so that a small one is not lost beside a large one."""

    def __init__(self, datasets: Sequence[Dataset], repeats: Sequence[int] | None = None) -> None:
        repeats = repeats or [1] * len(datasets)
        self.pixels = _added([getattr(dataset, "pixels", None) for dataset in datasets])
        self._places = [
            (dataset, index)
            for dataset, times in zip(datasets, repeats, strict=True)
            for _ in range(times)
            for index in range(len(dataset))
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
