"""Pictures to look at while training: label map, generated photo, real photo, side by side."""

import cv2
import numpy as np
from torch import nn

from pix2pix.classes import PALETTE_RGB
from pix2pix.datasets import Dataset, Sample
from pix2pix.datasets.resized import resized
from pix2pix.painting import paint

ROWS = 4


def sample_sheet(generator: nn.Module, dataset: Dataset, height_px: int, device: str) -> np.ndarray:
    """Return a few samples spread over the data, whole photos at this height, H,W,3 uint8."""
    rows = [_row(generator, sample, device) for sample in spread(dataset, ROWS, height_px)]
    width = min(row.shape[1] for row in rows)
    return np.vstack([row[:, :width] for row in rows])


def spread(dataset: Dataset, most: int, height_px: int) -> list[Sample]:
    """Return up to so many samples, evenly spread over the data, whole at this height."""
    places = np.linspace(0, len(dataset) - 1, min(most, len(dataset))).round().astype(int)
    return [_at_height(dataset[int(place)], height_px) for place in places]


def to_png(picture_rgb: np.ndarray) -> bytes:
    """Return the PNG of H,W,3 uint8."""
    return cv2.imencode(".png", cv2.cvtColor(picture_rgb, cv2.COLOR_RGB2BGR))[1].tobytes()


def _at_height(sample: Sample, height_px: int) -> Sample:
    height, width = sample.label_ids.shape
    return resized(sample, (max(1, round(width * height_px / height)), height_px))


def _row(generator: nn.Module, sample: Sample, device: str) -> np.ndarray:
    known = np.minimum(sample.label_ids, len(PALETTE_RGB) - 1)
    pictures = [PALETTE_RGB[known], paint(generator, sample, device)]
    if sample.photo_rgb is not None:
        pictures.append(sample.photo_rgb)
    return np.hstack(pictures)
