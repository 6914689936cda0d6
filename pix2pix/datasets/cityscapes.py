"""The Cityscapes on-disk layout: leftImg8bit/<split>/<sequence>/*_leftImg8bit.{png,jpg} and gtFine/…_labelIds.png.

Source: https://github.com/mcordts/cityscapesScripts, "Dataset Structure". Any split may be absent, and the
instanceIds.png beside the label ids too.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from pix2pix.datasets.files import FilePair, FilePairs, read_labels, read_photo
from pix2pix.datasets.samples import Sample
from pix2pix.errors import Pix2PixError


class Cityscapes(FilePairs):
    """One split, in the order of the names; `skip` leaves out sequences (folders)."""

    def __init__(
        self, root: Path, split: str, *, skip: Sequence[str] = (), domain: int = 0, skip_bad: bool = False
    ) -> None:
        folder = root / "leftImg8bit" / split
        photos = sorted(
            p for p in folder.glob("*/*_leftImg8bit.*") if p.suffix.lower() in {".png", ".jpg", ".jpeg"}
        )
        pairs = [
            FilePair(photo, _labels_of(root, split, photo))
            for photo in photos
            if photo.parent.name not in skip
        ]
        if not pairs:
            raise Pix2PixError(
                f"no photos found under {folder}; --data must name a folder in the Cityscapes layout "
                "(leftImg8bit/ and gtFine/)"
            )
        super().__init__(pairs, root=root, domain=domain, skip_bad=skip_bad)

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


def _labels_of(root: Path, split: str, photo: Path) -> Path:
    stem = photo.stem.removesuffix("_leftImg8bit")
    return root / "gtFine" / split / photo.parent.name / f"{stem}_gtFine_labelIds.png"
