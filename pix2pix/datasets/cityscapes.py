"""The Cityscapes on-disk layout: leftImg8bit/<split>/<sequence>/*_leftImg8bit.{png,jpg} and gtFine/…_labelIds.png.

Source: https://github.com/mcordts/cityscapesScripts, "Dataset Structure". Any split may be absent.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from pix2pix.errors import Pix2PixError


class Pair(NamedTuple):
    """The files of one photo and its label map."""

    photo: Path
    labels: Path


def find_pairs(root: Path, split: str, *, skip: Sequence[str] = ()) -> list[Pair]:
    """Return all pairs of a split in the order of their names; an unpaired photo is an error that names it."""
    folder = root / "leftImg8bit" / split
    photos = sorted(
        p for p in folder.glob("*/*_leftImg8bit.*") if p.suffix.lower() in {".png", ".jpg", ".jpeg"}
    )
    pairs = [Pair(photo, _labels_of(root, split, photo)) for photo in photos if photo.parent.name not in skip]
    if not pairs:
        raise Pix2PixError(
            f"no photos found under {folder}; --data must name a folder in the Cityscapes layout "
            "(leftImg8bit/ and gtFine/)"
        )
    missing = [pair.labels for pair in pairs if not pair.labels.is_file()]
    if missing:
        raise Pix2PixError(
            f"{len(missing)} of {len(pairs)} photos have no label map, the first is {missing[0]}; "
            "add the labelIds files or remove the photos"
        )
    return pairs


def read_pair(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Return photo H,W,3 uint8 RGB and label ids H,W uint8."""
    photo_bgr = cv2.imread(str(pair.photo), cv2.IMREAD_COLOR)
    label_ids = cv2.imread(str(pair.labels), cv2.IMREAD_UNCHANGED)
    for path, image in ((pair.photo, photo_bgr), (pair.labels, label_ids)):
        if image is None:
            raise Pix2PixError(f"{path} is not a readable image; restore or remove the pair")
    assert photo_bgr is not None
    assert label_ids is not None
    if label_ids.shape != photo_bgr.shape[:2] or label_ids.dtype != np.uint8:
        raise Pix2PixError(
            f"{pair.labels} is {label_ids.dtype} {label_ids.shape}, its photo {photo_bgr.shape[:2]}; "
            "label ids must be one 8-bit channel of the photo's size"
        )
    return cv2.cvtColor(photo_bgr, cv2.COLOR_BGR2RGB), label_ids


def _labels_of(root: Path, split: str, photo: Path) -> Path:
    stem = photo.stem.removesuffix("_leftImg8bit")
    return root / "gtFine" / split / photo.parent.name / f"{stem}_gtFine_labelIds.png"
