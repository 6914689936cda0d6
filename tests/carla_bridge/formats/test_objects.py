"""Objects are measured: boxes by pixels and by projection, distance, truncation, occlusion."""

from math import hypot, pi

import numpy as np
import pytest

from carla_bridge.formats.objects import View, corners_of, find_objects
from carla_bridge.frames import CameraMeta, DriveState, Placement
from tests.carla_bridge.formats import scenes


@pytest.fixture
def found():
    return {thing.instance_id: thing for thing in scenes.sample().objects}


def test_every_object_is_found_with_its_pixels(found):
    assert sorted(found) == [300, 301, 302, 40000]
    assert found[302].box == (163, 56, 173, 79)
    assert (found[302].pixels, found[302].label_id) == (230, scenes.PERSON)
    assert found[301].pixels == 13 * 21 - 10 * 12  # the near car hides a corner


def test_the_projected_box_is_where_geometry_puts_it(found):
    box = found[300].amodal_box  # a car of 4×2×1.5 m at 12 m, seen from 1.5 m: its rear is 10 m away
    focal = scenes.WIDTH / 2
    assert box.left == pytest.approx(120 - focal * 1 / 10)
    assert box.right == pytest.approx(120 + focal * 1 / 10)
    assert box.bottom == pytest.approx(60 + focal * 1.5 / 10)
    assert box.top == pytest.approx(60)
    assert found[300].truncation == pytest.approx(0)


def test_the_3d_box_is_in_the_camera_and_turns_as_kitti_has_it(found):
    box = found[301].box_3d
    assert box[:6] == pytest.approx((1.5, 0.75, 20.0, 4.0, 2.0, 1.5))
    assert box.rotation_y_rad == pytest.approx(-pi / 2)  # it drives away from us, along z
    assert found[301].distance_m == pytest.approx(hypot(1.5, 0.75, 20.0))
    assert found[301].velocity_mps == (1.0, 0.0, 0.0)


def test_what_hides_an_object_is_counted(found):
    hidden = 10 * 10  # of the far car's amodal box: what the near one covers, rows 60–70 × columns 123–133
    assert found[301].occlusion == pytest.approx(hidden / (hidden + found[301].pixels))
    assert found[300].occlusion == 0


def test_what_is_part_of_the_map_has_no_box_but_a_distance(found):
    assert found[40000].box_3d is None
    assert found[40000].amodal_box is None
    assert found[40000].distance_m == pytest.approx(6.0)


def test_a_turned_camera_on_a_turned_car_looks_where_it_should():
    camera = CameraMeta("right", 200, 100, 90.0, Placement(x_m=1.0, z_m=2.0, yaw_deg=90.0))
    view = View.of(camera, Placement(x_m=10.0, y_m=20.0, yaw_deg=90.0))  # looks along -x from (10, 21, 2)
    assert view.optical(np.array([(0.0, 21.0, 2.0)])) == pytest.approx(np.array([(0.0, 0.0, 10.0)]), abs=1e-9)
    assert view.pixels(view.optical(np.array([(0.0, 21.0, 1.0)]))) == pytest.approx(np.array([(100, 60)]))


def test_a_box_that_reaches_beyond_the_picture_is_truncated_and_one_behind_the_lens_has_none():
    beside = scenes.actor(500, "vehicle.audi.tt", 3.0, 2.5)
    behind = scenes.actor(501, "vehicle.audi.tt", -20.0, 0.0)
    label_ids = np.full((scenes.HEIGHT, scenes.WIDTH), scenes.CAR, np.uint8)
    instance_ids = np.full(label_ids.shape, 500, np.uint16)
    instance_ids[:, :50] = 501
    state = DriveState(1, 0.0, scenes.EGO, {}, {}, (beside, behind))
    one, other = find_objects(label_ids, instance_ids, None, scenes.CAMERA, state)
    assert 0.3 < one.truncation < 1
    assert one.occlusion is None  # nobody knows without depth
    assert (other.amodal_box, other.truncation) == (None, None)


def test_a_picture_without_objects_has_none():
    empty = np.full((4, 4), scenes.ROAD, np.uint8)
    assert find_objects(empty, np.zeros((4, 4), np.uint16), None, scenes.CAMERA, None) == ()


def test_corners_follow_the_placement():
    corners = corners_of(scenes.actor(1, "vehicle.x", 5.0, 6.0, yaw_deg=90.0))
    assert corners.min(axis=0) == pytest.approx((4.0, 4.0, 0.0))
    assert corners.max(axis=0) == pytest.approx((6.0, 8.0, 1.5))


def test_a_thing_of_the_map_that_bears_an_actor_s_number_is_not_that_actor():
    sample = scenes.sample()
    parked = np.where(sample.instance_ids == 40000, 300, sample.instance_ids).astype(np.uint16)
    found = find_objects(sample.label_ids, parked, sample.depth_m, scenes.CAMERA, scenes.STATE)
    bicycle = next(thing for thing in found if thing.label_id == scenes.BICYCLE)
    assert (bicycle.actor_type, bicycle.box_3d, bicycle.instance_id) == (None, None, 300)
    assert next(thing for thing in found if thing.label_id == scenes.CAR).actor_type == "vehicle.audi.tt"
