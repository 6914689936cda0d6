"""BDD100K by the rules of its documentation: fields, categories, corners within the picture, tracks, masks."""

import json

import cv2
import numpy as np
import pytest

from carla_bridge.formats.bdd100k import Bdd100k
from carla_bridge.labels import train_ids
from pix2pix.datasets import open_dataset
from tests.carla_bridge.formats import scenes

CATEGORIES = {
    "pedestrian", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle", "traffic light", "traffic sign",
}  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bdd100k")
    layout = Bdd100k(folder)
    entries = [
        layout.write(scenes.sample(drive=drive, number=number))
        for drive in ("d0000", "d0001")
        for number in (0, 1)
    ]
    layout.finish({"train": entries})
    return folder


def test_frames_are_as_documented(written):
    frames = json.loads((written / "labels/det_20/det_train.json").read_text())
    assert [frame["name"] for frame in frames] == sorted(
        path.name for path in written.glob("images/100k/train/*.jpg")
    )
    for frame in frames:
        assert set(frame) == {"name", "videoName", "frameIndex", "timestamp", "attributes", "labels"}
        assert set(frame["attributes"].values()) <= {"undefined"}
        assert len({label["id"] for label in frame["labels"]}) == len(frame["labels"]) == 4
        for label in frame["labels"]:
            assert label["category"] in CATEGORIES
            assert set(label["attributes"]) == {"occluded", "truncated"}
            box = label["box2d"]
            assert 0 <= box["x1"] <= box["x2"] <= 239
            assert 0 <= box["y1"] <= box["y2"] <= 119


def test_the_hidden_car_is_occluded_and_the_near_one_is_not(written):
    labels = json.loads((written / "labels/det_20/det_train.json").read_text())[0]["labels"]
    cars = {label["box2d"]["x1"]: label["attributes"] for label in labels if label["category"] == "car"}
    assert cars[107] == {"occluded": False, "truncated": False}
    assert cars[121]["occluded"]


def test_videos_are_in_order_and_ids_stay(written):
    video = json.loads((written / "labels/box_track_20/train/d0001_000000.json").read_text())
    assert [frame["frameIndex"] for frame in video] == [0, 1]
    first, second = ({label["id"] for label in frame["labels"]} for frame in video)
    assert first == second


def test_masks_are_the_train_ids(written):
    mask = cv2.imread(
        str(written / "labels/sem_seg/masks/train/d0000_000000_000001.png"), cv2.IMREAD_UNCHANGED
    )
    assert np.array_equal(mask, train_ids(scenes.sample(number=1).label_ids))


def test_our_own_reader_takes_it(written):
    dataset = open_dataset(written, "train")
    assert len(dataset) == 4
    label_ids, sample = dataset[1].label_ids, scenes.sample(number=1)
    assert np.array_equal(train_ids(label_ids), train_ids(sample.label_ids))
