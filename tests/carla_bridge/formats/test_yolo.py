"""YOLO by the rules of its loaders: class and shares, one line per object, outlines that give the masks back."""

import cv2
import numpy as np
import pytest
import yaml

from carla_bridge.formats.yolo import CLASSES, Yolo, joined
from tests.carla_bridge.formats import scenes


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("yolo")
    layout = Yolo(folder)
    layout.finish({"train": [layout.write(scenes.sample(number=number)) for number in range(2)]})
    return folder


@pytest.mark.parametrize("task", ["detect", "segment"])
def test_every_label_has_its_photo_and_every_class_its_name(written, task):
    told = yaml.safe_load((written / task / "data.yaml").read_text())
    assert told["names"] == {number: row.name for number, row in enumerate(CLASSES)}
    photos = sorted((written / task / told["train"]).glob("*.jpg"))
    assert len(photos) == 2
    for photo in photos:
        labels = (
            written / task / "labels/train" / f"{photo.stem}.txt"
        )  # where its loader looks: images → labels
        for line in labels.read_text().splitlines():
            number, *shares = line.split()
            assert int(number) in told["names"]
            assert len(shares) == 4 if task == "detect" else len(shares) >= 6
            assert len(shares) % 2 == 0
            assert all(0 <= float(share) <= 1 for share in shares)
        assert len(labels.read_text().splitlines()) == 4


def test_boxes_are_those_of_the_pixels(written):
    line = (written / "detect/labels/train/d0000_000000_000000.txt").read_text().splitlines()[0]
    number, x, y, width, height = map(float, line.split())
    assert CLASSES[int(number)].name == "person"
    assert (x * 240, y * 120) == pytest.approx((168, 67.5), abs=1e-3)
    assert (width * 240, height * 120) == pytest.approx((10, 23), abs=1e-3)


def test_outlines_give_the_masks_back(written):
    sample = scenes.sample()
    lines = (written / "segment/labels/train/d0000_000000_000000.txt").read_text().splitlines()
    for line, thing in zip(lines, sample.objects, strict=True):
        points = np.array(line.split()[1:], float).reshape(-1, 2) * (240, 120) - 0.5
        drawn = np.zeros((120, 240), np.uint8)
        cv2.fillPoly(drawn, [np.rint(points).astype(np.int32)], 1)
        assert (drawn.astype(bool) == sample.mask(thing)).mean() == 1


def test_pieces_become_one_outline_that_fills_both():
    squares = [np.array([(x, 2), (x + 4, 2), (x + 4, 6), (x, 6)]) for x in (1, 10, 20)]
    drawn, wanted = np.zeros((9, 30), np.uint8), np.zeros((9, 30), np.uint8)
    cv2.fillPoly(drawn, [joined(squares)], 1)
    cv2.fillPoly(wanted, squares, 1)
    between = (drawn != wanted).sum(axis=0)
    assert between.max() <= 1  # the line that joins them
    assert np.array_equal(drawn[3:], wanted[3:])
