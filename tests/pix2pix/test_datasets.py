import cv2
import numpy as np
import pytest

from pix2pix.classes import PALETTE_RGB
from pix2pix.datasets import open_dataset
from pix2pix.datasets.batches import batch_at
from pix2pix.errors import Pix2PixError


def test_pairs_are_found_in_order_and_read_as_rgb_and_ids(street_data):
    dataset = open_dataset(street_data, "train")
    assert [name.split("/")[-1] for name in dataset.names] == [f"{i:03d}_leftImg8bit.png" for i in range(6)]
    photo_rgb, label_ids, _, _ = dataset[0]
    assert (photo_rgb == PALETTE_RGB[label_ids]).all()  # red is not blue


def test_jpeg_photos_are_read_as_well(street_data):
    png = open_dataset(street_data, "train").pairs[0]
    cv2.imwrite(str(png.photo.with_suffix(".jpg")), cv2.imread(str(png.photo)))
    png.photo.unlink()
    photo_rgb, label_ids, _, _ = open_dataset(street_data, "train")[0]
    assert photo_rgb.shape[:2] == label_ids.shape


def test_sequences_can_be_skipped(street_data):
    with pytest.raises(Pix2PixError, match="no pairs of a photo and a label map are left"):
        open_dataset(street_data, "train", skip=["seq"])


def test_an_unpaired_photo_is_named(street_data):
    open_dataset(street_data, "train").pairs[2].labels.unlink()
    with pytest.raises(Pix2PixError, match=r"1 of 6 pairs lack a file.*002_gtFine"):
        open_dataset(street_data, "train")


def test_a_corrupt_photo_is_named(street_data):
    dataset = open_dataset(street_data, "train")
    pair = dataset.pairs[0]
    pair.photo.write_bytes(b"\x89PNG not really")
    with pytest.raises(Pix2PixError, match="000_leftImg8bit"):
        dataset[0]


def test_labels_of_another_size_are_refused(street_data):
    dataset = open_dataset(street_data, "train")
    pair = dataset.pairs[0]
    cv2.imwrite(str(pair.labels), np.zeros((10, 10), np.uint8))
    with pytest.raises(Pix2PixError, match=r"\(10, 10\)"):
        dataset[0]


def test_photo_and_labels_are_cropped_and_flipped_alike(street_data, tiny_config):
    config = tiny_config.model_copy(update={"void_boxes": 0, "batch_size": 6})
    batch = batch_at(range(6), open_dataset(street_data, "train"), config)
    agree = (batch.photo_rgb == PALETTE_RGB[batch.label_ids]).all(-1).mean()
    assert agree > 0.85  # edges are blended by the zoom; a wrong flip or window gives about a half
    assert batch.photo_rgb.shape == (6, 32, 32, 3)


def test_every_pair_comes_once_per_epoch_and_the_step_decides_all(street_data, tiny_config):
    pairs = open_dataset(street_data, "train")
    config = tiny_config.model_copy(update={"batch_size": 3})
    again = [batch_at(range(3 * step, 3 * step + 3), pairs, config) for step in (0, 1, 2)]
    for step, batch in enumerate(again):
        assert (batch_at(range(3 * step, 3 * step + 3), pairs, config).photo_rgb == batch.photo_rgb).all()
    assert not (again[0].photo_rgb == again[2].photo_rgb).all()  # a new epoch, new crops


def test_hidden_boxes_are_void_but_still_judged(street_data, tiny_config):
    config = tiny_config.model_copy(update={"void_boxes": 8, "batch_size": 6})
    batch = batch_at(range(6), open_dataset(street_data, "train"), config)
    assert (batch.label_ids == 0).any()
    assert not batch.ignored.any()


def test_ids_0_to_3_are_never_judged(street_data, tiny_config):
    pairs = open_dataset(street_data, "train")
    for pair in pairs.pairs:
        label_ids = cv2.imread(str(pair.labels), cv2.IMREAD_UNCHANGED)
        label_ids[-20:] = 1  # ego vehicle
        cv2.imwrite(str(pair.labels), label_ids)
    config = tiny_config.model_copy(update={"zoom": (1.0, 1.0), "void_boxes": 0})
    batch = batch_at([0], pairs, config)
    assert batch.ignored[0, -1].all()
    assert not batch.ignored[0, 0].any()
