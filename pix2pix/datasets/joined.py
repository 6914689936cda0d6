"""Several data sets as one."""

from collections.abc import Sequence

from pix2pix.datasets.samples import Dataset, Sample


class Joined:
    """One after the other; each as often as `repeats` says, so that a small one is not lost beside a large one."""

    def __init__(self, datasets: Sequence[Dataset], repeats: Sequence[int] | None = None) -> None:
        self._places = [
            (dataset, index)
            for dataset, times in zip(datasets, repeats or [1] * len(datasets), strict=True)
            for _ in range(times)
            for index in range(len(dataset))
        ]
        self.names = [dataset.names[index] for dataset, index in self._places]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Sample:
        dataset, place = self._places[index]
        return dataset[place]
