"""Data sets of files: pairs of a photo and a label map, checked by name before anything is read."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from pix2pix.datasets.samples import Sample, Selection
from pix2pix.errors import Pix2PixError

PHOTO_SUFFIXES = {".png", ".jpg", ".jpeg"}
NAMED_AT_MOST = 10  # files in an error


class FilePair(NamedTuple):
    """The files of one sample."""

    photo: Path
    labels: Path


class FilePairs(ABC):
    """Pairs of files, read one by one; a subclass says how (`read`). `skipped` lists what `skip_bad` left out.

    `found` may hold pairs of which one file is missing; which of them count, `selection` says by their folders.
    """

    def __init__(self, found: Iterable[FilePair], *, root: Path, selection: Selection) -> None:
        chosen = [pair for pair in found if selection.takes(pair.photo.relative_to(root).parts[:-1])]
        missing = [file for pair in chosen for file in pair if not file.is_file()]
        if missing and not selection.skip_bad:
            raise Pix2PixError(
                f"{len(missing)} of {len(chosen)} pairs lack a file: {listed(missing)}; add them, remove their "
                "partners or go on without them by `pix2pix pack --skip-bad`"
            )
        self.skipped = [f"{path} is missing" for path in missing]
        self.pairs = [pair for pair in chosen if not {pair.photo, pair.labels} & set(missing)]
        if not self.pairs:
            raise Pix2PixError(
                f"no pairs of a photo and a label map are left in {root}; correct `skip`, --only or the folder"
            )
        self.domain = selection.domain
        self.names = [pair.photo.relative_to(root).as_posix() for pair in self.pairs]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Sample:
        return self.read(self.pairs[index])

    @abstractmethod
    def read(self, pair: FilePair) -> Sample:
        """Return the sample of a pair; raises `Pix2PixError` naming the file that is not what it should be."""


def listed(things: Sequence[object]) -> str:
    """Return the first few, and how many more there are."""
    more = len(things) - NAMED_AT_MOST
    return ", ".join(map(str, things[:NAMED_AT_MOST])) + (f" and {more} more" if more > 0 else "")


def photos_in(folder: Path, pattern: str) -> list[Path]:
    """Return the pictures of a folder whose names fit, in order."""
    return sorted(path for path in folder.glob(pattern) if path.suffix.lower() in PHOTO_SUFFIXES)


def read_photo(path: Path) -> np.ndarray:
    """Return H,W,3 uint8 RGB; raises `Pix2PixError` naming a file that is no picture."""
    photo_bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if photo_bgr is None:
        raise Pix2PixError(f"{path} is not a readable image; restore or remove the pair")
    return cv2.cvtColor(photo_bgr, cv2.COLOR_BGR2RGB)


def read_labels(path: Path, photo_rgb: np.ndarray) -> np.ndarray:
    """Return H,W uint8 of the photo's size."""
    label_ids = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if label_ids is None:
        raise Pix2PixError(f"{path} is not a readable image; restore or remove the pair")
    if label_ids.shape != photo_rgb.shape[:2] or label_ids.dtype != np.uint8:
        raise Pix2PixError(
            f"{path} is {label_ids.dtype} {label_ids.shape}, its photo {photo_rgb.shape[:2]}; "
            "label ids must be one 8-bit channel of the photo's size"
        )
    return label_ids
