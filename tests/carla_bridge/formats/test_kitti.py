"""KITTI by its devkit's rules: 15 fields within their ranges, and 3D boxes that project onto the 2D ones."""

from dataclasses import replace
from math import atan2, cos, sin

import cv2
import numpy as np
import pytest

from carla_bridge.formats.kitti import Kitti, cyclists_joined, label_line
from carla_bridge.formats.objects import find_objects
from carla_bridge.frames import CameraMeta, DriveState, Placement
from carla_bridge.labels import CITYSCAPES_BY_NAME
from tests.carla_bridge.formats import scenes

TYPES = {"Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc", "DontCare"}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kitti")
    layout = Kitti(folder)
    layout.finish(
        {"train": [layout.write(scenes.sample())], "val": [layout.write(scenes.sample("val", "d0001"))]}
    )
    return folder


def files_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(written):
    return [line.split() for line in (written / "training/label_2/000000.txt").read_text().splitlines()]


def calibration(written, stem="000000"):
    lines = (written / f"training/calib/{stem}.txt").read_text().splitlines()
    named = (line.split(":") for line in lines)
    return {name: np.array(values.split(), float).reshape(3, -1) for name, values in named}


def test_every_picture_has_its_files_and_stands_in_its_split(written):
    for split, number in (("train", "000000"), ("val", "000001")):
        assert (written / "ImageSets" / f"{split}.txt").read_text().split() == [number]
        assert cv2.imread(str(written / "training/image_2" / f"{number}.png")).shape == (120, 240, 3)
        tracks = (written / "training/track" / f"{number}.txt").read_text().split()
        assert len(set(tracks)) == len(tracks) == 4
    names = (written / "ImageSets/names.txt").read_text().splitlines()
    assert names == ["000000 d0000_000000_000000", "000001 d0001_000000_000000"]


def test_numbering_that_was_stopped_midway_goes_on(written, tmp_path):
    layout = Kitti(tmp_path)
    entries = {"train": [layout.write(scenes.sample())], "val": [layout.write(scenes.sample("val", "d0001"))]}
    for kind in ("image_2", "calib"):
        found = next((tmp_path / "training" / kind).glob("d0000_*"))
        found.rename(found.with_stem("000000"))
    layout.finish(entries)
    assert files_of(tmp_path) == files_of(written)


def test_no_file_bears_another_name_than_the_devkit_reads(written):
    assert {path.stem for path in written.glob("training/*/*")} == {"000000", "000001"}


def test_fields_are_within_their_ranges(written):
    for kind, truncated, occluded, alpha, *numbers in rows(written):
        assert kind in TYPES
        assert len(numbers) == 11
        left, top, right, bottom, *dimensions = map(float, numbers)
        assert 0 <= left < right <= 240
        assert 0 <= top < bottom <= 120
        if kind == "DontCare":
            assert (truncated, occluded, alpha) == ("-1", "-1", "-10")
            assert dimensions == [-1, -1, -1, -1000, -1000, -1000, -10]
            continue
        assert 0 <= float(truncated) <= 1
        assert occluded in "0123"
        assert -3.15 <= float(alpha) <= 3.15
        assert -3.15 <= dimensions[-1] <= 3.15
        x, _, z = dimensions[3:6]
        assert float(alpha) == pytest.approx(dimensions[-1] - atan2(x, z), abs=0.02)


def test_3d_boxes_project_onto_the_2d_ones_by_the_calibration(written):
    projection = calibration(written)["P2"]
    for kind, _, _, _, *numbers in rows(written):
        if kind == "DontCare":
            continue
        left, top, right, bottom, height, width, length, x, y, z, turn = map(float, numbers)
        corners = np.array([(dx, dy, dz) for dx in (-1, 1) for dy in (-1, 0) for dz in (-1, 1)], float)
        corners *= (length / 2, height, width / 2)
        about_y = np.array([(cos(turn), 0, sin(turn)), (0, 1, 0), (-sin(turn), 0, cos(turn))])
        seen = projection @ np.column_stack([corners @ about_y.T + (x, y, z), np.ones(8)]).T
        flat = seen[:2] / seen[2]
        assert [*flat.min(axis=1), *flat.max(axis=1)] == pytest.approx([left, top, right, bottom], abs=1.0)


def test_the_vehicle_s_axes_lead_into_the_camera(written):
    to_camera = calibration(written)["Tr_velo_to_cam"]
    assert to_camera @ (10, 2, 1.5, 1) == pytest.approx(
        (-2, 0, 10)
    )  # ahead, to the left, at the camera's height


def test_a_mount_that_is_turned_and_moved_is_in_the_calibration(tmp_path):
    camera = CameraMeta("left", 240, 120, 90.0, Placement(x_m=1.0, z_m=2.0, yaw_deg=-90.0))
    sample = scenes.sample()
    turned = type(sample)(**{**vars(sample), "camera": camera})
    Kitti(tmp_path).write(turned)
    to_camera = calibration(tmp_path, sample.stem)["Tr_velo_to_cam"]
    assert to_camera @ (1, 5, 2, 1) == pytest.approx((0, 0, 5), abs=1e-9)  # five metres to the left


def test_rider_and_bicycle_are_one_cyclist_and_a_bicycle_alone_is_none():
    rider_id, bicycle_id = (CITYSCAPES_BY_NAME[name].id for name in ("rider", "bicycle"))
    label_ids = np.full((scenes.HEIGHT, scenes.WIDTH), scenes.ROAD, np.uint8)
    instance_ids = np.zeros(label_ids.shape, np.uint16)
    label_ids[50:60, 100:110], label_ids[60:70, 95:115] = rider_id, bicycle_id
    instance_ids[50:70, 95:115] = 300
    label_ids[60:70, 10:20], instance_ids[60:70, 10:20] = bicycle_id, 41000
    state = DriveState(1, 0.0, scenes.EGO, {}, {}, (scenes.NEAR,))
    found = cyclists_joined(find_objects(label_ids, instance_ids, None, scenes.CAMERA, state))
    assert sorted(thing.label_id for thing in found) == [rider_id, bicycle_id]
    cyclist = next(thing for thing in found if thing.label_id == rider_id)
    assert cyclist.box == (95, 50, 115, 70)
    assert cyclist.pixels == 300


def test_a_van_is_one_whatever_class_its_pixels_have():
    car = next(thing for thing in scenes.sample().objects if thing.actor_type)
    assert label_line(replace(car, actor_type="vehicle.mercedes.sprinter")).split()[0] == "Van"


def test_what_hides_a_rider_hides_the_cyclist_less():
    person = next(thing for thing in scenes.sample().objects if thing.label_id == scenes.PERSON)
    rider = replace(person, label_id=CITYSCAPES_BY_NAME["rider"].id, pixels=60, occlusion=0.4)  # 40 hidden
    bicycle = replace(person, label_id=scenes.BICYCLE, pixels=100)
    (cyclist,) = cyclists_joined([rider, bicycle])
    assert (cyclist.pixels, cyclist.occlusion) == (160, pytest.approx(0.2))
