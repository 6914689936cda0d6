"""COCO is what pycocotools read: the truth scored against itself is perfect, masks and segments are exact."""

import contextlib
import io
import json

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from carla_bridge.formats.coco import Coco, run_lengths
from carla_bridge.formats.sample import BoxPx
from tests.carla_bridge.formats import scenes


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coco")
    layout = Coco(folder)
    layout.finish({"train": [layout.write(scenes.sample(number=number)) for number in range(3)]})
    return folder


@pytest.fixture
def truth(written):
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(written / "annotations/instances_train.json"))


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_the_truth_scored_against_itself_is_perfect(truth, kind):
    keys = "image_id", "category_id", "bbox", "segmentation"
    found = [{**{key: each[key] for key in keys}, "score": 1.0} for each in truth.dataset["annotations"]]
    with contextlib.redirect_stdout(io.StringIO()):
        scoring = COCOeval(truth, truth.loadRes(found), kind)
        scoring.evaluate()
        scoring.accumulate()
        scoring.summarize()
    assert scoring.stats[0] == pytest.approx(1.0)


@pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)  # of pycocotools, with NumPy 2
def test_masks_areas_and_boxes_are_those_of_the_labels(truth):
    sample = scenes.sample(number=1)
    annotations = truth.loadAnns(truth.getAnnIds(imgIds=2))
    assert len(annotations) == len(sample.objects) == 4
    for each in annotations:
        thing = next(thing for thing in sample.objects if thing.track_id == each["track_id"])
        assert np.array_equal(truth.annToMask(each).astype(bool), sample.mask(thing))
        assert (each["area"], each["iscrowd"]) == (thing.pixels, 0)
        rows, columns = np.nonzero(sample.mask(thing))
        assert each["bbox"] == [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]


def test_every_segment_of_the_panoptic_picture_is_told_and_no_other(written):
    told = json.loads((written / "annotations/panoptic_train.json").read_text())
    known = {each["id"]: each for each in told["categories"]}
    assert len(told["annotations"]) == len(told["images"]) == 3
    for each in told["annotations"]:
        blue, green, red = np.moveaxis(
            cv2.imread(str(written / "annotations/panoptic_train" / each["file_name"])).astype(int), -1, 0
        )
        areas = dict(zip(*np.unique(red + 256 * green + 65536 * blue, return_counts=True), strict=True))
        areas.pop(0, None)
        assert {segment["id"]: segment["area"] for segment in each["segments_info"]} == areas
        for segment in each["segments_info"]:
            assert (segment["id"] >= 1000) == bool(known[segment["category_id"]]["isthing"])


@pytest.mark.parametrize("place", [(0, 0, 2, 3), (5, 4, 9, 8), (0, 5, 10, 8), (3, 0, 4, 1)])
def test_run_lengths_give_the_mask_back(place):
    top, left, bottom, right = place
    mask = np.zeros((10, 8), bool)
    mask[top:bottom, left:right] = True
    mask[top, left] = (bottom - top) == 1
    rows, columns = np.nonzero(mask)
    box = BoxPx(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    counts = run_lengths(mask, box)
    values = np.repeat(np.arange(len(counts)) % 2, counts)
    assert np.array_equal(values.reshape(8, 10).T.astype(bool), mask)


def test_writing_twice_gives_the_same_bytes(written, tmp_path):
    layout = Coco(tmp_path)
    entries = [layout.write(scenes.sample(number=number)) for number in (0, 0, 1, 2)][1:]
    layout.finish({"train": entries})
    for file in (path for path in written.rglob("*") if path.is_file()):
        assert (tmp_path / file.relative_to(written)).read_bytes() == file.read_bytes()
