"""The Cityscapes layout is what cityscapesScripts read: labels, instances, polygons, scores, panoptic preparation."""

import json
import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from carla_bridge.formats.cityscapes import Cityscapes, disparity_of, polygons_of
from carla_bridge.formats.sample import BadDriveName
from carla_bridge.labels import CITYSCAPES
from tests.carla_bridge.formats import scenes

TOOLS = """
import json, sys
from pathlib import Path
import numpy as np
np.in1d = np.isin  # cityscapesScripts 2.3 calls what NumPy 2.4 no longer has
from PIL import Image
from cityscapesscripts.evaluation import evalPixelLevelSemanticLabeling as evaluation
from cityscapesscripts.helpers.annotation import Annotation
from cityscapesscripts.preparation.createPanopticImgs import convert2panoptic
from cityscapesscripts.preparation.json2instanceImg import createInstanceImage
from cityscapesscripts.preparation.json2labelImg import createLabelImage

root, out = Path(sys.argv[1]), Path(sys.argv[2])
files = sorted(map(str, root.glob("gtFine/train/*/*_gtFine_labelIds.png")))
evaluation.args.JSONOutput, evaluation.args.quiet = False, True
scores = evaluation.evaluateImgLists(files, files, evaluation.args)
differing = []
for name in files:
    annotation = Annotation()
    annotation.fromJsonFile(name.replace("labelIds.png", "polygons.json"))
    labels, instances = createLabelImage(annotation, "ids"), createInstanceImage(annotation, "ids")
    for kind, drawn in (("labelIds", labels), ("instanceIds", instances)):
        kept = np.array(Image.open(name.replace("labelIds", kind)))
        differing.append(float((np.array(drawn) != kept).mean()))
convert2panoptic(str(root / "gtFine"), str(out), False, ("train",))
panoptic = json.loads((out / "cityscapes_panoptic_train.json").read_text())
told = {
    "files": len(files),
    "classes": scores["averageScoreClasses"],
    "instances": scores["averageScoreInstClasses"],
    "differing": differing,
    "segments": [sorted(s["id"] for s in a["segments_info"]) for a in panoptic["annotations"]],
}
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cityscapes")
    layout = Cityscapes(folder)
    for number in range(3):
        layout.write(scenes.sample(number=number))
    layout.finish({"train": [{}, {}, {}]})
    return folder


def read(folder, kind):
    return cv2.imread(
        str(folder / f"gtFine/train/d0000/d0000_000000_000001_gtFine_{kind}.png"), cv2.IMREAD_UNCHANGED
    )


def test_the_official_tools_take_it(written, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", TOOLS, str(written), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["files"], told["classes"], told["instances"]) == (3, 1.0, 1.0)
    assert max(told["differing"]) == 0  # the polygons give both maps back
    assert told["segments"][0] == [7, 8, 11, 23, 24000, 26000, 26001, 33000]


def test_the_label_table_is_theirs():
    code = """
import json
from cityscapesscripts.helpers.labels import labels
print(json.dumps([list(row) for row in labels]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    theirs = {row[0]: row for row in json.loads(done.stdout)}
    for row in CITYSCAPES:
        name, label_id, train_id, category, _, has_instances, ignored, color = theirs[row.name]
        assert (row.id, row.category, row.has_instances, row.ignore_in_eval) == (
            label_id,
            category,
            has_instances,
            ignored,
        )
        assert (row.name, row.train_id, list(row.color_rgb)) == (name, train_id, color)


def test_labels_come_back_as_they_were(written):
    sample = scenes.sample(number=1)
    assert np.array_equal(read(written, "labelIds"), sample.label_ids)
    instances = read(written, "instanceIds")
    assert instances.dtype == np.uint16
    assert set(np.unique(instances[sample.label_ids == scenes.CAR])) == {26000, 26001}
    assert set(np.unique(read(written, "labelTrainIds"))) == {0, 1, 2, 10, 11, 13, 18}
    photo = cv2.imread(str(written / "leftImg8bit/train/d0000/d0000_000000_000001_leftImg8bit.png"))
    assert np.array_equal(photo[..., ::-1], sample.photo_rgb)


def test_camera_and_disparity_give_the_depth_back(written):
    told = json.loads((written / "camera/train/d0000/d0000_000000_000001_camera.json").read_text())
    assert told["intrinsic"] == {"fx": pytest.approx(120), "fy": pytest.approx(120), "u0": 120, "v0": 60}
    path = written / "disparity/train/d0000/d0000_000000_000001_disparity.png"
    coded = cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype(float)
    depth_m = told["extrinsic"]["baseline"] * told["intrinsic"]["fx"] / ((coded - 1) / 256)
    near = scenes.sample(number=1).depth_m < 31
    assert depth_m[near] == pytest.approx(scenes.sample(number=1).depth_m[near], rel=0.01)


def test_a_disparity_beyond_the_file_is_the_largest():
    assert disparity_of(np.zeros((1, 1), np.float32), 1000.0) == 65535


def test_a_group_is_named_as_one():
    sample = scenes.sample()
    instance_ids = np.where(sample.label_ids == scenes.CAR, 0, sample.instance_ids).astype(np.uint16)
    told = polygons_of(replace(sample, instance_ids=instance_ids, objects=()))
    assert {each["label"] for each in told["objects"]} == {
        "road", "sidewalk", "building", "sky", "person", "cargroup", "bicycle",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["../d0000", "d0000/..", "", "D0000", "d_0", "d0000\n"])
def test_a_drive_whose_name_might_lead_elsewhere_is_refused(name):
    with pytest.raises(BadDriveName, match="lower-case letters and digits"):
        scenes.sample(drive=name)
