"""Training crops: the same zoom, flip and window for photo and labels, drawn from (seed, step) alone.

Because nothing but the step number decides a batch, a resumed run sees just what the first would have seen.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from pix2pix.classes import IGNORED, VOID
from pix2pix.config import TrainConfig
from pix2pix.datasets.cityscapes import Pair, read_pair


class Batch(NamedTuple):
    """One training batch."""

    label_ids: np.ndarray  # N,S,S uint8, what the generator is shown (some boxes hidden as void)
    photo_rgb: np.ndarray  # N,S,S,3 uint8
    ignored: np.ndarray  # N,S,S bool, where nothing is judged


def batch_at(step: int, pairs: Sequence[Pair], config: TrainConfig) -> Batch:
    """Return the batch of this step; epochs are shuffled, each pair once per epoch."""
    crops = []
    for item in range(step * config.batch_size, (step + 1) * config.batch_size):
        epoch, place = divmod(item, len(pairs))
        order = np.random.default_rng([config.seed, epoch]).permutation(len(pairs))
        rng = np.random.default_rng([config.seed, epoch, place, 1])
        crops.append(_crop(*read_pair(pairs[order[place]]), rng, config))
    label_ids, photo_rgb, ignored = (np.stack(parts) for parts in zip(*crops, strict=True))
    return Batch(label_ids, photo_rgb, ignored)


def _crop(
    photo_rgb: np.ndarray, label_ids: np.ndarray, rng: np.random.Generator, config: TrainConfig
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    height, width = label_ids.shape
    side = round(min(height, width) * rng.uniform(*config.zoom))
    top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
    window = (slice(top, top + side), slice(left, left + side))
    size = (config.crop_px, config.crop_px)
    photo = cv2.resize(
        photo_rgb[window], size, interpolation=cv2.INTER_AREA if side > size[0] else cv2.INTER_LINEAR
    )
    ids = cv2.resize(label_ids[window], size, interpolation=cv2.INTER_NEAREST_EXACT)
    if rng.random() < 0.5:
        photo, ids = photo[:, ::-1], ids[:, ::-1]
    ignored = np.isin(ids, IGNORED)
    return _hide_boxes(ids, rng, config.void_boxes), photo, ignored


def _hide_boxes(label_ids: np.ndarray, rng: np.random.Generator, most: int) -> np.ndarray:
    """Return the labels with a few boxes set to void, still judged: so void learns to mean "paint what fits"."""
    hidden = label_ids.copy()
    side = len(hidden)
    for _ in range(rng.integers(0, most + 1)):
        height, width = rng.integers(side // 32, side // 5, 2)
        top, left = rng.integers(0, side - height), rng.integers(0, side - width)
        hidden[top : top + height, left : left + width] = VOID
    return hidden
