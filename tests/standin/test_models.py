import numpy as np
import pytest

from carla_bridge.standin.models import model_for, walking_mesh

CAR, TRUCK, BUS, MOTORCYCLE, BICYCLE, RIDER, PEDESTRIAN = 14, 15, 16, 18, 19, 13, 12
EXPECTED = {
    "vehicle.tesla.model3": {CAR},
    "vehicle.mini.cooper_s": {CAR},
    "vehicle.audi.tt": {CAR},
    "vehicle.nissan.patrol_2021": {CAR},
    "vehicle.somebody.new": {CAR},
    "vehicle.ford.ambulance": {TRUCK},
    "vehicle.carlamotors.firetruck": {TRUCK},
    "vehicle.mercedes.sprinter": {TRUCK},
    "vehicle.mitsubishi.fusorosa": {BUS},
    "vehicle.harley-davidson.low_rider": {MOTORCYCLE, RIDER},
    "vehicle.bh.crossbike": {BICYCLE, RIDER},
    "walker.pedestrian.0001": {PEDESTRIAN},
}


@pytest.mark.parametrize(("type_id", "tags"), EXPECTED.items())
def test_a_model_carries_its_class(type_id, tags):
    assert set(model_for(type_id, {}).mesh.tags.tolist()) == tags


@pytest.mark.parametrize("type_id", EXPECTED)
def test_a_model_stands_on_the_ground_inside_its_box(type_id):
    model = model_for(type_id, {})
    points = model.mesh.triangles.reshape(-1, 3)
    np.testing.assert_allclose(points.min(axis=0), np.subtract(model.centre, model.extent), atol=1e-5)
    np.testing.assert_allclose(points.max(axis=0), np.add(model.centre, model.extent), atol=1e-5)
    assert abs(points[:, 2].min()) < 0.06
    assert model.extent[1] == pytest.approx(np.abs(points[:, 1]).max(), abs=0.05)  # left is as wide as right
    assert model.wheel_base_m < 2 * model.extent[0]


def test_sizes_are_those_of_the_street():
    length = {name: 2 * model_for(name, {}).extent[0] for name in EXPECTED}
    height = {name: 2 * model_for(name, {}).extent[2] for name in EXPECTED}
    assert (
        length["vehicle.mini.cooper_s"]
        < length["vehicle.tesla.model3"]
        < length["vehicle.mitsubishi.fusorosa"]
    )
    assert (
        height["vehicle.tesla.model3"]
        < height["vehicle.nissan.patrol_2021"]
        < height["vehicle.mercedes.sprinter"]
    )
    assert 1.6 < height["walker.pedestrian.0001"] < 1.9
    assert 2 * model_for("walker.pedestrian.0010", {}).extent[2] < 1.4  # a child


def test_a_car_is_painted_as_asked():
    painted = model_for("vehicle.tesla.model3", {"color": "10,200,30"}).mesh.colors_rgb
    assert (painted == (10, 200, 30)).all(axis=1).sum() > 10


def test_a_color_nobody_can_read_is_no_error():
    assert model_for("vehicle.tesla.model3", {"color": "red"}) is not None


@pytest.mark.parametrize(
    "type_id", ["sensor.camera.rgb", "controller.ai.walker", "static.prop.bin", "vehicles"]
)
def test_other_blueprints_have_no_model(type_id):
    assert model_for(type_id, {}) is None


def test_a_walkers_legs_move_and_come_back():
    walker = model_for("walker.pedestrian.0001", {})
    ahead, back = walking_mesh(walker, 0.25), walking_mesh(walker, 0.75)
    assert np.ptp(ahead.triangles[:, :, 0]) > np.ptp(walker.mesh.triangles[:, :, 0]) + 0.3
    assert ahead.triangles.tobytes() != back.triangles.tobytes()
    assert walking_mesh(walker, 1.0) is walking_mesh(walker, 0.0)
    assert ahead.triangles[:, :, 2].min() > -0.02


def test_a_car_does_not_walk():
    car = model_for("vehicle.tesla.model3", {})
    assert walking_mesh(car, 0.3) is car.mesh
