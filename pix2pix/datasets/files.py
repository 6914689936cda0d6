"""Data sets of files: pairs of a photo and a label map, checked by name before anything is read."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from pix2pix.datasets.samples import Sample
from pix2pix.errors import Pix2PixError


class FilePair(NamedTuple):
    """The files of one sample."""

    photo: Path
    labels: Path


class FilePairs:
    """Pairs of files, read one by one; a subclass says how (`read`). `skipped` lists what `skip_bad` left out."""

    def __init__(self, pairs: Sequence[FilePair], *, root: Path, domain: int, skip_bad: bool) -> None:
        missing = [pair.labels for pair in pairs if not pair.labels.is_file()]
        if missing and not skip_bad:
            raise Pix2PixError(
                f"{len(missing)} of {len(pairs)} photos have no label map, the first lacks {missing[0]}; "
                "add them, remove the photos or go on without them by `pix2pix pack --skip-bad`"
            )
        self.skipped = [str(path) for path in missing]
        self.pairs = [pair for pair in pairs if pair.labels not in set(missing)]
        self.domain = domain
        self.names = [str(pair.photo.relative_to(root)) for pair in self.pairs]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Sample:
        return self.read(self.pairs[index])

    def read(self, pair: FilePair) -> Sample:
        """Return the sample of a pair."""
        raise NotImplementedError


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
