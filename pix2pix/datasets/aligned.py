"""Aligned pictures, the layout of the published pix2pix: <split>/*.jpg, photo and label colours side by side.

Source: https://github.com/phillipi/pix2pix, "Datasets". The colours must be Cityscapes'. JPEG smears them: a pixel
takes the class whose colour is nearest; where two classes meet and the smear is like neither (or like a third), it
takes the class of the nearest pixel that is sure; and what is far from any is void. Measured on CamVid's and the
stand-in's label maps at 256×256, JPEG quality 75 and 95: 2.7 to 3.7 % of the pixels change sides.
"""

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from pix2pix.classes import PALETTE_RGB, VOID
from pix2pix.datasets.files import FilePair, FilePairs, photos_in, read_photo
from pix2pix.datasets.samples import Sample, Selection
from pix2pix.errors import Pix2PixError

TOLERANCE = 24.0  # of the distance in RGB from a class's colour
REACH_PX = 3.0  # how far an unsure pixel may be from a sure one; JPEG smears over blocks of 8
LOOKED_AT = 8  # pictures, spread over the split, that decide which half is which
STEP = 4  # values of each colour channel that share an entry of the table


class Aligned(FilePairs):
    """One split, in the order of the names. `notes` says which half was taken for the labels."""

    layout = "aligned pictures (<split>/*.jpg, photo and label colours side by side)"

    def __init__(self, root: Path, split: str, selection: Selection) -> None:
        pictures = photos_in(root / split, "*")
        super().__init__([FilePair(path, path) for path in pictures], root=root, selection=selection)
        places = np.linspace(0, len(self) - 1, min(LOOKED_AT, len(self))).astype(int)
        looked_at = [_halves(self.pairs[place].photo) for place in places]
        self.labels_on = selection.labels_on or _side_of_labels(looked_at, root / split)
        unknown = _share_unknown([halves[self.labels_on == "right"] for halves in looked_at])
        if unknown > 0.5:
            raise Pix2PixError(
                f"{unknown:.0%} of the {self.labels_on} halves in {root / split} have no colour of a Cityscapes "
                "class; give the other half by --labels-on, or paint the labels in Cityscapes' colours"
            )
        self.notes = [
            f"{split}: labels are the {self.labels_on} half; {unknown:.1%} of the pixels of "
            f"{len(looked_at)} looked at are of no class's colour: they become their neighbour's class, or void"
        ]

    @staticmethod
    def has(root: Path, split: str) -> bool:
        """Say whether there are pictures right in the split's folder."""
        return bool(photos_in(root / split, "*"))

    def read(self, pair: FilePair) -> Sample:
        """Return the sample of a picture."""
        left, right = _halves(pair.photo)
        colors, photo_rgb = (left, right) if self.labels_on == "left" else (right, left)
        return Sample(np.ascontiguousarray(photo_rgb), label_ids_of(colors), None, self.domain)


def label_ids_of(colors_rgb: np.ndarray) -> np.ndarray:
    """Return the label ids, H,W uint8, of a picture in Cityscapes' colours, H,W,3 uint8."""
    nearest, distance = nearest_colors()
    entries = _entries(colors_rgb)
    label_ids, sure = nearest[entries], distance[entries] <= TOLERANCE
    if not sure.any():
        return np.full_like(label_ids, VOID)
    away, region = cv2.distanceTransformWithLabels(
        (~sure).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_region = np.full(int(region.max()) + 1, VOID, np.uint8)  # each sure pixel is a region of its own
    of_region[region[sure]] = label_ids[sure]
    return np.where(away <= REACH_PX, of_region[region], np.uint8(VOID))


@cache
def nearest_colors() -> tuple[np.ndarray, np.ndarray]:
    """Return for every entry of the colour table the label id, uint8, and the distance to its colour, float32."""
    ids = np.array([label_id for label_id in range(len(PALETTE_RGB)) if _is_first(label_id)])
    values = np.arange(0, 256, STEP, dtype=np.float32) + (STEP - 1) / 2
    grid = np.stack(np.meshgrid(values, values, values, indexing="ij"), axis=-1).reshape(-1, 3)
    best = np.full(len(grid), np.inf, np.float32)
    label_ids = np.full(len(grid), VOID, np.uint8)
    for label_id in ids:
        distance = np.linalg.norm(grid - PALETTE_RGB[label_id].astype(np.float32), axis=1)
        label_ids[distance < best] = label_id
        np.minimum(best, distance, out=best)
    return label_ids, best


def _is_first(label_id: int) -> bool:
    """Say whether no class before has the same colour: pole and polegroup share one, all of void another."""
    return not (PALETTE_RGB[:label_id] == PALETTE_RGB[label_id]).all(axis=1).any()


def _entries(colors_rgb: np.ndarray) -> np.ndarray:
    side = 256 // STEP
    red, green, blue = (colors_rgb[..., channel].astype(np.int32) // STEP for channel in range(3))
    return (red * side + green) * side + blue


def _halves(path: Path) -> tuple[np.ndarray, np.ndarray]:
    picture_rgb = read_photo(path)
    width = picture_rgb.shape[1]
    if width % 2:
        raise Pix2PixError(f"{path} is {width} pixels wide, no two equal halves; restore or remove it")
    return picture_rgb[:, : width // 2], picture_rgb[:, width // 2 :]


def _share_unknown(halves: list[np.ndarray]) -> float:
    _, distance = nearest_colors()
    return float(np.mean([(distance[_entries(half)] > TOLERANCE).mean() for half in halves]))


def _side_of_labels(pictures: list[tuple[np.ndarray, np.ndarray]], folder: Path) -> str:
    left = _share_unknown([pair[0] for pair in pictures])
    right = _share_unknown([pair[1] for pair in pictures])
    if abs(left - right) < 0.2:
        raise Pix2PixError(
            f"it can't be told which half of the pictures in {folder} are labels in Cityscapes' colours "
            f"({1 - left:.0%} of the left one fit, {1 - right:.0%} of the right one); say it by --labels-on"
        )
    return "left" if left < right else "right"
