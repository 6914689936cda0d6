"""BDD100K's 10k semantic segmentation: images/10k/<split>/*.jpg and labels/sem_seg/masks/<split>/*.png of train ids.

Source: https://doc.bdd100k.com/format.html, "Semantic Segmentation": the 19 Cityscapes train ids, 255 is ignored.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pix2pix.classes import VOID
from pix2pix.datasets.files import FilePair, FilePairs, photos_in, read_labels, read_photo
from pix2pix.datasets.samples import Sample, Selection
from pix2pix.errors import Pix2PixError

LABEL_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)  # of train ids 0 to 18
IGNORED_TRAIN_ID = 255
UNKNOWN = 254
PHOTOS, MASKS = Path("images/10k"), Path("labels/sem_seg/masks")


class Bdd100k(FilePairs):
    """One split, in the order of the names; `root` may also be the folder around `bdd100k/`."""

    layout = f"BDD100K ({PHOTOS}/ and {MASKS}/)"

    def __init__(self, root: Path, split: str, selection: Selection) -> None:
        super().__init__(sorted(_pairs(_inner(root), split)), root=root, selection=selection)

    @staticmethod
    def has(root: Path, split: str) -> bool:
        """Say whether there are photos with masks of this layout; "test" has photos alone."""
        return (_inner(root) / PHOTOS / split).is_dir() and (_inner(root) / MASKS / split).is_dir()

    def read(self, pair: FilePair) -> Sample:
        """Return the sample of a pair."""
        photo_rgb = read_photo(pair.photo)
        label_ids = _TABLE[read_labels(pair.labels, photo_rgb)]
        if (label_ids == UNKNOWN).any():
            raise Pix2PixError(
                f"{pair.labels} holds numbers beyond the train ids 0 to 18 and 255; restore or remove the pair"
            )
        return Sample(photo_rgb, label_ids, None, self.domain)


def _inner(root: Path) -> Path:
    return root / "bdd100k" if (root / "bdd100k" / PHOTOS).is_dir() else root


def _pairs(root: Path, split: str) -> Iterator[FilePair]:
    masks = root / MASKS / split
    known = set()
    for photo in photos_in(root / PHOTOS / split, "*"):
        known.add(masks / f"{photo.stem}.png")
        yield FilePair(photo, masks / f"{photo.stem}.png")
    for alone in set(masks.glob("*.png")) - known:
        yield FilePair(root / PHOTOS / split / f"{alone.stem}.jpg", alone)


def _table() -> np.ndarray:
    table = np.full(256, UNKNOWN, np.uint8)
    table[: len(LABEL_IDS)] = LABEL_IDS
    table[IGNORED_TRAIN_ID] = VOID
    return table


_TABLE = _table()
