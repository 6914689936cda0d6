"""Training batches: crops drawn from the seed and the running number of the item alone.

Item `n` is place `n mod len` of epoch `n div len`; each epoch has an order of its own in which every sample
comes once. Because nothing but the number decides a crop, a resumed run sees just what the first would have
seen, and several processes can share a batch out.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from pix2pix.classes import IGNORED, VOID
from pix2pix.config import TrainConfig
from pix2pix.datasets.resized import resized_edges
from pix2pix.datasets.samples import Dataset, Sample


class Batch(NamedTuple):
    """One training batch of N square crops of S pixels."""

    label_ids: np.ndarray  # N,S,S uint8, what the generator is shown (some boxes hidden as void)
    photo_rgb: np.ndarray  # N,S,S,3 uint8
    ignored: np.ndarray  # N,S,S bool, where nothing is judged
    boundary: np.ndarray  # N,S,S bool
    domain: np.ndarray  # N int64


def batch_at(items: Sequence[int], dataset: Dataset, config: TrainConfig) -> Batch:
    """Return the batch of these running numbers."""
    crops = [crop_at(item, dataset, config) for item in items]
    return Batch(*(np.stack(parts) for parts in zip(*crops, strict=True)))


def crop_at(item: int, dataset: Dataset, config: TrainConfig) -> Batch:
    """Return one crop, without the first axis; a sample without a photo gets a black one, ignored."""
    epoch, place = divmod(item, len(dataset))
    order = np.random.default_rng([config.seed, epoch]).permutation(len(dataset))
    rng = np.random.default_rng([config.seed, epoch, place, 1])
    return augment(dataset[int(order[place])], rng, config)


def augment(sample: Sample, rng: np.random.Generator, config: TrainConfig) -> Batch:
    """Return a crop: zoom, window and flip are the photo's and the labels' alike, colour is the photo's alone."""
    window = _window(sample.label_ids.shape, rng, config.zoom)
    flip = rng.random() < 0.5
    label_ids = _nearest(sample.label_ids[window], config.crop_px, flip)
    if sample.photo_rgb is None:
        photo_rgb = np.zeros((*label_ids.shape, 3), np.uint8)
    else:
        photo_rgb = _smooth(sample.photo_rgb[window], config.crop_px, flip)
    boundary = np.zeros(label_ids.shape, bool)
    if sample.boundary is not None:
        boundary = _edges(sample.boundary[window], config.crop_px, flip)
    hidden = _hide_boxes(label_ids, rng, config.void_boxes)
    if config.color:
        photo_rgb = _jitter(photo_rgb, rng, config.color)
    ignored = np.isin(label_ids, IGNORED) | (sample.photo_rgb is None)
    return Batch(hidden, photo_rgb, ignored, boundary, np.int64(sample.domain))  # type: ignore[arg-type]


def _window(
    shape: tuple[int, ...], rng: np.random.Generator, zoom: tuple[float, float]
) -> tuple[slice, slice]:
    height, width = shape
    side = round(min(height, width) * rng.uniform(*zoom))
    top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
    return slice(top, top + side), slice(left, left + side)


def _smooth(photo_rgb: np.ndarray, side: int, flip: bool) -> np.ndarray:
    shrinks = photo_rgb.shape[0] > side
    resized = cv2.resize(
        photo_rgb, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return cv2.flip(resized, 1) if flip else resized


def _nearest(plane: np.ndarray, side: int, flip: bool) -> np.ndarray:
    resized = cv2.resize(plane, (side, side), interpolation=cv2.INTER_NEAREST_EXACT)
    return cv2.flip(resized, 1) if flip else resized


def _edges(boundary: np.ndarray, side: int, flip: bool) -> np.ndarray:
    resized = resized_edges(boundary, (side, side))
    return np.ascontiguousarray(np.fliplr(resized)) if flip else resized


def _jitter(photo_rgb: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Return the photo with saturation, contrast and brightness drawn within ± `share`."""
    saturation, contrast = 1 + rng.uniform(-share, share, 2)
    brightness = 255 * rng.uniform(-share, share) / 2
    grey = cv2.cvtColor(cv2.cvtColor(photo_rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    mixed = cv2.addWeighted(photo_rgb, saturation, grey, 1 - saturation, 0)
    middle = float(grey.mean())
    return cv2.addWeighted(mixed, contrast, grey, 0, middle * (1 - contrast) + brightness)


def _hide_boxes(label_ids: np.ndarray, rng: np.random.Generator, most: int) -> np.ndarray:
    """Return the labels with a few boxes set to void, still judged: so void learns to mean "paint what fits"."""
    hidden = label_ids.copy()
    side = len(hidden)
    for _ in range(rng.integers(0, most + 1)):
        height, width = rng.integers(side // 32, side // 5, 2)
        top, left = rng.integers(0, side - height), rng.integers(0, side - width)
        hidden[top : top + height, left : left + width] = VOID
    return hidden
