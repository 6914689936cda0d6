from itertools import pairwise

import carla
import numpy as np
import pytest

from carla_bridge.standin.geometry import Pose


def _random_poses(count):
    rng = np.random.default_rng(5)
    for _ in range(count):
        x, y, z = (float(v) for v in rng.uniform(-100, 100, 3))
        pitch, yaw, roll = (float(v) for v in rng.uniform((-89, -180, -180), (89, 180, 180)))
        yield Pose(x, y, z, pitch, yaw, roll)


def test_the_matrix_is_the_clients():
    for pose in _random_poses(50):
        transform = carla.Transform(
            carla.Location(pose.x, pose.y, pose.z), carla.Rotation(pose.pitch, pose.yaw, pose.roll)
        )
        np.testing.assert_allclose(pose.matrix(), transform.get_matrix(), atol=2e-5)


def test_a_pose_survives_its_matrix():
    for pose in _random_poses(50):
        again = Pose.from_matrix(pose.matrix())
        np.testing.assert_allclose(again.matrix(), pose.matrix(), atol=1e-9)
        assert again.yaw == pytest.approx(pose.yaw)


@pytest.mark.parametrize("pitch", [90.0, -90.0])
def test_looking_straight_up_or_down_is_a_pose_too(pitch):
    pose = Pose(1.0, 2.0, 3.0, pitch=pitch, yaw=40.0)
    np.testing.assert_allclose(Pose.from_matrix(pose.matrix()).matrix(), pose.matrix(), atol=1e-9)


def test_a_camera_on_a_car_that_looks_right_sits_to_its_right():
    car = Pose(10.0, 20.0, 0.0, yaw=90.0)  # heading along +y
    camera = car.compose(Pose(x=2.0, z=1.5, pitch=-10.0))
    assert (camera.x, camera.y, camera.z) == pytest.approx((10.0, 22.0, 1.5))
    assert (camera.pitch, camera.yaw, camera.roll) == pytest.approx((-10.0, 90.0, 0.0))
    beside = car.compose(Pose(y=1.0))  # y is right: seen from a car that drives towards +y, that is -x
    assert (beside.x, beside.y) == pytest.approx((9.0, 20.0))


def test_composing_is_multiplying():
    for parent, child in pairwise(_random_poses(20)):
        np.testing.assert_allclose(
            parent.compose(child).matrix(), parent.matrix() @ child.matrix(), atol=1e-9
        )
