"""Training crops: photo and labels stay together, and everything follows from the seed and the item's number."""

import threading
import time

import cv2
import numpy as np
import pytest

from pix2pix.classes import PALETTE_RGB
from pix2pix.datasets import Sample, open_dataset
from pix2pix.datasets.batches import batch_at
from pix2pix.datasets.prefetch import prefetch


class One:
    """A data set of one sample."""

    names = ("one",)

    def __init__(self, sample):
        self._sample = sample

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return self._sample


def plain(config, **changes):
    return config.model_copy(update={"void_boxes": 0, **changes})


def boxes(side=128):
    label_ids = np.full((side, side), 7, np.uint8)
    label_ids[20:90, 30:70] = 26
    edges = np.zeros_like(label_ids, bool)
    edges[19:91, 29:71] = True
    edges[21:89, 31:69] = False
    return Sample(PALETTE_RGB[label_ids], label_ids, edges, 3)


def test_colour_jitter_changes_the_photo_alone(tiny_config):
    dataset = One(boxes())
    still = batch_at(range(8), dataset, plain(tiny_config))
    moved = batch_at(range(8), dataset, plain(tiny_config, color=0.4))
    assert np.array_equal(still.label_ids, moved.label_ids)
    assert np.array_equal(still.boundary, moved.boundary)
    changed = np.abs(still.photo_rgb.astype(int) - moved.photo_rgb).mean(axis=(1, 2, 3))
    assert (changed > 1).sum() >= 7
    assert changed.max() < 0.4 * 255
    assert len(np.unique(changed.round(3))) == 8  # each its own


def test_a_thin_boundary_survives_shrinking_on_its_edge(tiny_config):
    batch = batch_at(range(12), One(boxes()), plain(tiny_config, zoom=(1.0, 1.0)))
    for label_ids, boundary in zip(batch.label_ids, batch.boundary, strict=True):
        car = (label_ids == 26).astype(np.uint8)
        rim = cv2.morphologyEx(car, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
        assert not boundary[~rim].any()
        gaps = rim & (cv2.dilate(boundary.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
        assert not gaps.any()
    assert (batch.domain == 3).all()


def test_label_maps_without_photos_are_never_judged(tiny_config):
    batch = batch_at([0], One(Sample(None, np.full((40, 60), 7, np.uint8), None, 0)), tiny_config)
    assert batch.ignored.all()
    assert not batch.photo_rgb.any()


def test_an_item_is_the_same_alone_and_in_any_batch_and_another_by_another_seed(street_data, tiny_config):
    config = tiny_config.model_copy(update={"color": 0.3})
    dataset = open_dataset(street_data, "train")
    many = batch_at(range(20), dataset, config)
    for item in (0, 7, 19):
        alone = batch_at([item], dataset, config)
        for one, all_of_them in zip(alone, many, strict=True):
            assert np.array_equal(one[0], all_of_them[item])
    other = batch_at(range(20), dataset, config.model_copy(update={"seed": 1}))
    assert not np.array_equal(other.label_ids, many.label_ids)


class Numbered:
    """Eleven samples whose labels say which is which."""

    names = tuple("abcdefghijk")

    def __len__(self):
        return 11

    def __getitem__(self, index):
        return Sample(None, np.full((20, 20), index, np.uint8), None, 0)


def test_each_epoch_has_every_sample_once_in_an_order_of_its_own(tiny_config):
    shown = batch_at(range(33), Numbered(), plain(tiny_config)).label_ids[:, 0, 0].reshape(3, 11)
    assert (np.sort(shown) == np.arange(11)).all()
    assert len({tuple(epoch) for epoch in shown}) == 3


def test_prefetching_keeps_the_order_and_bounds_what_is_ahead():
    started = []

    def slow(item):
        started.append(item)
        time.sleep(0.02 if item % 3 == 0 else 0.001)
        return item * item

    results = prefetch(slow, iter(range(100)), workers=3)
    assert [next(results) for _ in range(10)] == [n * n for n in range(10)]
    assert max(started) <= 9 + 3 + 3
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]


def test_an_error_of_a_worker_comes_at_its_place_and_ends_the_threads():
    def make(item):
        if item == 3:
            raise KeyError("three")
        return item

    results = prefetch(make, range(10), workers=2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError, match="three"):
        next(results)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]
