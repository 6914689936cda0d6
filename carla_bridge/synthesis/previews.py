"""A few samples of a dataset as small pictures with their labels drawn on them, for the report."""

from pathlib import Path
from random import Random

import cv2
import numpy as np

from carla_bridge.formats.encoding import encode_jpg
from carla_bridge.formats.sample import Sample
from carla_bridge.labels import CITYSCAPES_BY_ID, colorize
from carla_bridge.outputs import save_whole

COUNT = 24
WIDTH_PX = 480
TINT = 0.35  # how much of the label's colour


def previewed(samples: int, *, seed: int) -> frozenset[int]:
    """Return which samples of a set are drawn, by their number in it."""
    return frozenset(Random(seed).sample(range(samples), min(COUNT, samples)))


def save_preview(sample: Sample, folder: Path) -> None:
    """Write photo and photo with labels, one above the other, as `STEM.jpg`."""
    picture = np.concatenate([sample.photo_rgb, overlay(sample)])
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (WIDTH_PX, round(height * WIDTH_PX / width)), interpolation=cv2.INTER_AREA)
    save_whole(folder / f"{sample.stem}.jpg", encode_jpg(small[..., ::-1]), overwrite=True)


def overlay(sample: Sample) -> np.ndarray:
    """Return the photo tinted by its labels, with the boxes of its objects, H×W×3 uint8."""
    tinted = cv2.addWeighted(sample.photo_rgb, 1 - TINT, colorize(sample.label_ids), TINT, 0)
    for thing in sample.objects:
        left, top, right, bottom = (round(side) for side in thing.box)
        color = CITYSCAPES_BY_ID[thing.label_id].color_rgb
        cv2.rectangle(tinted, (left, top), (right - 1, bottom - 1), (255, 255, 255), 3)
        cv2.rectangle(tinted, (left, top), (right - 1, bottom - 1), color, 1)
    return tinted
