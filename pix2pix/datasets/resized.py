"""A data set at another size."""

import re

import cv2
import numpy as np

from pix2pix.datasets.samples import Dataset, Sample
from pix2pix.errors import Pix2PixError


class Resized:
    """Photos averaged, labels taken from the nearest pixel, to `size` = (width, height)."""

    def __init__(self, dataset: Dataset, size: tuple[int, int]) -> None:
        self._dataset, self._size = dataset, size
        self.names = dataset.names

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Sample:
        return resized(self._dataset[index], self._size)


def resized(sample: Sample, size: tuple[int, int]) -> Sample:
    """Return the sample at `size` = (width, height)."""
    photo_rgb, boundary = sample.photo_rgb, sample.boundary
    if photo_rgb is not None:
        photo_rgb = cv2.resize(photo_rgb, size, interpolation=cv2.INTER_AREA)
    if boundary is not None:
        boundary = resized_edges(boundary, size)
    label_ids = cv2.resize(sample.label_ids, size, interpolation=cv2.INTER_NEAREST_EXACT)
    return Sample(photo_rgb, label_ids, boundary, sample.domain)


def resized_edges(boundary: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return boundaries, H,W bool, at `size` = (width, height): a thin edge does not fall between two pixels."""
    return cv2.resize(boundary.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0


def parse_size(text: str) -> tuple[int, int]:
    """Return (width, height) of "1024x512"; raises `Pix2PixError` for anything else."""
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if not found or not 16 <= int(found[1]) <= 16384 or not 16 <= int(found[2]) <= 16384:
        raise Pix2PixError(f"the size {text} is none; give WIDTHxHEIGHT in pixels, such as 1024x512")
    return int(found[1]), int(found[2])
