"""The Cityscapes on-disk layout: leftImg8bit/<split>/<sequence>/*_leftImg8bit.{png,jpg} and gtFine/…_labelIds.png.

Source: https://github.com/mcordts/cityscapesScripts, "Dataset Structure". Any split may be absent, and the
instanceIds.png beside the label ids too.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from pix2pix.datasets.files import FilePair, FilePairs, photos_in, read_labels, read_photo
from pix2pix.datasets.samples import Sample, Selection
from pix2pix.errors import Pix2PixError

PHOTO, LABELS = "_leftImg8bit", "_gtFine_labelIds"


class Cityscapes(FilePairs):
    """One split, in the order of the names."""

    layout = "Cityscapes (leftImg8bit/ and gtFine/)"

    def __init__(self, root: Path, split: str, selection: Selection) -> None:
        super().__init__(sorted(_pairs(root, split)), root=root, selection=selection)

    @staticmethod
    def has(root: Path, split: str) -> bool:
        """Say whether there are photos of this layout."""
        return bool(photos_in(root / "leftImg8bit" / split, f"*/*{PHOTO}.*"))

    def read(self, pair: FilePair) -> Sample:
        """Return the sample of a pair."""
        photo_rgb = read_photo(pair.photo)
        label_ids = read_labels(pair.labels, photo_rgb)
        instances = pair.labels.with_name(pair.labels.name.replace("_labelIds", "_instanceIds"))
        boundary = boundaries(instances, label_ids) if instances.is_file() else None
        return Sample(photo_rgb, label_ids, boundary, self.domain)


def boundaries(path: Path, label_ids: np.ndarray) -> np.ndarray:
    """Return where instances meet, H,W bool: on both sides of every edge, so that it survives a flip."""
    instances = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if instances is None or instances.shape != label_ids.shape:
        raise Pix2PixError(f"{path} is no instance map of its label map's size; restore or remove it")
    edges = np.zeros(instances.shape, bool)
    down, right = instances[1:] != instances[:-1], instances[:, 1:] != instances[:, :-1]
    edges[1:] |= down
    edges[:-1] |= down
    edges[:, 1:] |= right
    edges[:, :-1] |= right
    return edges


def _pairs(root: Path, split: str) -> Iterator[FilePair]:
    """Yield all pairs, also those of label maps whose photo is missing."""
    photos, labels = root / "leftImg8bit" / split, root / "gtFine" / split
    known = set()
    for photo in photos_in(photos, f"*/*{PHOTO}.*"):
        name = photo.stem.removesuffix(PHOTO) + f"{LABELS}.png"
        known.add(labels / photo.parent.name / name)
        yield FilePair(photo, labels / photo.parent.name / name)
    for alone in set(labels.glob(f"*/*{LABELS}.png")) - known:
        yield FilePair(photos / alone.parent.name / alone.name.replace(LABELS, PHOTO), alone)
